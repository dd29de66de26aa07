package io.mcpsecurity.hash;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Hashes are those of the standard, and no two things that are to be told apart have the
 * same.
 */
class Sha256Tests {

	@Test
	void hashEqualsStandardTestVector() {
		assertThat(Sha256.of("abc"))
			.isEqualTo(new Sha256(0xba7816bf8f01cfeaL, 0x414140de5dae2223L, 0xb00361a396177a9cL, 0xb410ff61f20015adL))
			.hasToString("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "\u00e4\u4e2d\ud83d\ude00" })
	void textsAreHashedInUtf8(String text) throws Exception {
		byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
		assertThat(Sha256.of(text)).hasToString(HexFormat.of().formatHex(hash));
	}

	@Test
	void toStringKeepsLeadingZeros() {
		assertThat(new Sha256(1, 0, 0xab, -1))
			.hasToString("0".repeat(15) + "1" + "0".repeat(16) + "0".repeat(14) + "ab" + "f".repeat(16));
	}

	@Test
	void listsWithSameConcatenationHaveDifferentHashes() {
		List<List<String>> lists = List.of(List.of(), List.of(""), List.of("", ""), List.of("abc"), List.of("ab", "c"),
				List.of("a", "bc"), List.of("c", "ab"), List.of("abc", ""), List.of("", "abc"));
		assertThat(lists.stream().map(Sha256::ofAll)).doesNotHaveDuplicates();
		assertThat(Sha256.ofAll(List.of("ab", "c"))).isEqualTo(Sha256.ofAll(List.of("ab", "c")));
	}

	@Test
	void nullAndEmptyTextHaveDifferentHashes() {
		assertThat(Stream.of(Arrays.asList("a", null), List.of("a", ""), List.of("a")).map(Sha256::ofAll))
			.doesNotHaveDuplicates();
		assertThat(Sha256.ofAll(Collections.singletonList(null)))
			.isEqualTo(Sha256.ofAll(Collections.singletonList(null)));
	}

	@Test
	void concurrentHashesAreIndependent() {
		Iterable<String> interrupted = () -> Stream.of("a", "b", "c")
			.peek((text) -> CompletableFuture.supplyAsync(() -> Sha256.of("another")).join())
			.iterator();
		assertThat(Sha256.ofAll(interrupted)).isEqualTo(Sha256.ofAll(List.of("a", "b", "c")));
	}

}

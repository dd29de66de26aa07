package io.mcpsecurity.token;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What docs/providers says of a provider is what the library knows of it.
 */
class DocumentedProvidersTests {

	private static final Path DOCS = Path.of("../docs/providers");

	@ParameterizedTest
	@EnumSource
	void documentedTableContainsProvider(Provider provider) throws IOException {
		assertThat(Files.readAllLines(DOCS.resolve("README.md"))).contains(row(provider));
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "KEYCLOAK")
	void documentationPageOfProviderExists(Provider provider) {
		assertThat(DOCS.resolve(provider.text() + ".md")).exists();
	}

	private static String row(Provider provider) {
		TokenProfile profile = provider.profile();
		TokenProfile.Claims claims = profile.claims();
		Stream<String> scopes = Stream.concat(code(texts(claims.scopes())),
				code(texts(claims.appScopes())).map((scope) -> "(" + scope + ")"));
		String accepted = (provider.audienceNeeded() != null) ? "configured"
				: profile.audiences().isEmpty() ? "the resource" : join(code(profile.audiences()));
		Stream<String> marks = new TreeMap<>(profile.marks()).entrySet()
			.stream()
			.map((mark) -> mark.getValue().contains(TokenProfile.ANY) ? "`" + mark.getKey() + "`"
					: "`" + mark.getKey() + "`: " + String.join(" or ", mark.getValue()));
		return "| `" + String.join(" | ", provider.text() + "`", join(scopes), join(code(texts(claims.client()))), join(
				profile.types().stream().map((type) -> type.equals(TokenProfile.NO_TYPE) ? "none" : "`" + type + "`")),
				"`" + profile.audienceClaim().text() + "`: " + accepted, join(marks),
				join(code(profile.refusedClaims()))) + " |";
	}

	private static List<String> texts(Collection<ClaimPointer> pointers) {
		return pointers.stream().map(ClaimPointer::text).toList();
	}

	private static Stream<String> code(Collection<String> names) {
		return names.stream().map((name) -> "`" + name + "`");
	}

	private static String join(Stream<String> parts) {
		String text = parts.collect(Collectors.joining(", "));
		return text.isEmpty() ? "–" : text;
	}

}

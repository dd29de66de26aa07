package io.mcpsecurity.audit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Text of others in events.
 */
class EventTextTests {

	@ParameterizedTest
	@ValueSource(strings = { "", "a", "records://5?x=1#y", "\u00e4\u00df\u4e2d\u0928\u093f", "\ud83d\ude00", "\"\\",
			"~", "\u00a0", "\ufffd", "\u0301" })
	void ordinaryTextIsUnchanged(String text) {
		assertThat(EventText.of(text, 100)).isSameAs(text);
	}

	@Test
	void textOfMaxLengthIsUnchanged() {
		assertThat(EventText.of("12345", 5)).isEqualTo("12345");
	}

	@ParameterizedTest
	@CsvSource({ "123456,5,1234\u2026", "123456,1,\u2026", "12,1,\u2026", "a\ud83d\ude00b,3,a\u2026",
			"ab\ud83d\ude00cd,5,ab\ud83d\ude00\u2026", "\ud83d\ude00\ud83d\ude00,2,\u2026" })
	void longerTextIsTruncatedBetweenCodePoints(String text, int max, String expected) {
		assertThat(EventText.of(text, max)).isEqualTo(expected);
	}

	@ParameterizedTest
	@ValueSource(chars = { '\r', '\n', '\t', '\u0000', '\u0008', '\u001b', '\u007f', '\u0085', '\u009b', '\u2028',
			'\u2029', '\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2067', '\u2068', '\u2069',
			'\u200b', '\u200d', '\u200e', '\u200f', '\u061c', '\u00ad', '\ufeff', '\ud800', '\udbff', '\udc00',
			'\udfff', '\ufffe', '\uffff', '\ufdd0' })
	void controlAndFormatCharactersAreReplaced(char c) {
		assertThat(EventText.of("a" + c + "b", 100)).isEqualTo("a\ufffdb");
		assertThat(EventText.of(String.valueOf(c), 100)).isEqualTo("\ufffd");
		assertThat(EventText.of(c + "bcdef", 3)).isEqualTo("\ufffdb\u2026");
	}

	@Test
	void invisibleSupplementaryCharactersAreReplaced() {
		assertThat(EventText.of("a" + Character.toString(0xe0041) + Character.toString(0x1ffff) + "b", 100))
			.isEqualTo("a\ufffd\ufffdb");
	}

	@Test
	void noCodePointBreaksLine() {
		StringBuilder all = new StringBuilder();
		for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
			all.appendCodePoint(c).append('a');
		}
		String safe = EventText.of(all.toString(), Integer.MAX_VALUE);
		assertThat(safe.lines()).hasSize(1);
		assertThat(safe).doesNotContainPattern("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]");
	}

}

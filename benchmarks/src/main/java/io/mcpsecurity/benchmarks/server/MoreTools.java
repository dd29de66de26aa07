package io.mcpsecurity.benchmarks.server;

import java.util.stream.IntStream;

import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.ToolCallbackProvider;
import org.springframework.ai.tool.function.FunctionToolCallback;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Additional tools for long listings; their number is {@code benchmark.tools}.
 */
@Configuration(proxyBeanMethods = false)
class MoreTools {

	@Bean
	ToolCallbackProvider moreTools(@Value("${benchmark.tools:0}") int count) {
		return ToolCallbackProvider.from(IntStream.range(0, count).mapToObj(MoreTools::tool).toList());
	}

	private static ToolCallback tool(int number) {
		return FunctionToolCallback.<Text, String>builder("tool-" + number, (text) -> text.text())
			.description("Returns the text that it is given, and is number " + number + " of those that do")
			.inputType(Text.class)
			.build();
	}

	record Text(String text) {
	}

}

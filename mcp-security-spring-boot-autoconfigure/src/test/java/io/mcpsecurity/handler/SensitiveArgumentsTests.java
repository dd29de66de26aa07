package io.mcpsecurity.handler;

import java.util.List;
import java.util.Map;
import java.util.Optional;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.Sensitive;
import io.mcpsecurity.audit.SensitiveNames;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.Conventions;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.annotation.JsonNaming;

import org.springframework.ai.mcp.McpToolUtils;
import org.springframework.ai.mcp.annotation.McpArg;
import org.springframework.ai.mcp.annotation.McpComplete;
import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.annotation.provider.complete.SyncMcpCompleteProvider;
import org.springframework.ai.mcp.annotation.provider.prompt.SyncMcpPromptProvider;
import org.springframework.ai.mcp.annotation.provider.resource.SyncMcpResourceProvider;
import org.springframework.ai.mcp.annotation.provider.tool.AsyncStatelessMcpToolProvider;
import org.springframework.ai.mcp.annotation.provider.tool.SyncMcpToolProvider;
import org.springframework.ai.support.ToolCallbacks;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.definition.ToolDefinition;
import org.springframework.ai.tool.method.MethodToolCallback;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.util.ReflectionUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Where {@link Sensitive} is found, and which names follow from it.
 */
class SensitiveArgumentsTests {

	private final SensitiveArguments arguments = new SensitiveArguments();

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			plain          |
			parameter      | note
			record         | number
			listOfRecords  | number
			mapOfRecords   | number
			arrayOfRecords | number
			optional       | number
			generic        | number
			subclass       | number
			nested         | number
			recursive      | secretnote
			bean           | field, inherited
			renamed        | cardnumber, no
			snakeCase      | cardnumber
			constructor    | n
			request        | *
			twice          | note, number
			""")
	void sensitiveNamesAreFoundInToolArguments(String tool, @Nullable String names) {
		add(new Tools());
		assertThat(this.arguments.apply(McpTarget.tool(tool)))
			.containsExactlyInAnyOrder((names != null) ? names.split(", ") : new String[0]);
		assertThat(this.arguments.apply(McpTarget.prompt(tool))).isEmpty();
	}

	@Test
	void annotationOnInterfaceMethodOfToolIsFound() {
		add(new Implementation());
		assertThat(this.arguments.apply(McpTarget.tool("implemented"))).containsExactly("note");
	}

	@Test
	void sensitiveNamesAreFoundInPromptArguments() {
		new SyncMcpPromptProvider(List.of(new Prompts())).getPromptSpecifications()
			.forEach((specification) -> guarding().guard(specification));
		assertThat(this.arguments.apply(McpTarget.prompt("named"))).containsExactlyInAnyOrder("thenote", "plain");
		assertThat(this.arguments.apply(McpTarget.prompt("all"))).containsExactly(SensitiveNames.ALL);
		assertThat(this.arguments.apply(McpTarget.prompt("request"))).containsExactly(SensitiveNames.ALL);
	}

	@Test
	void sensitiveNamesAreFoundInToolCallbackArguments() {
		guarding().guard(McpToolUtils.toSyncToolSpecification(ToolCallbacks.from(new Callbacks())[0]));
		assertThat(this.arguments.apply(McpTarget.tool("callback"))).containsExactlyInAnyOrder("note", "number");
	}

	@Test
	void sensitiveNamesAreFoundForStatelessAndAsyncTools() {
		guarding().guard(McpToolUtils.toStatelessSyncToolSpecification(ToolCallbacks.from(new Callbacks())[0], null));
		assertThat(this.arguments.apply(McpTarget.tool("callback"))).contains("note");
		new AsyncStatelessMcpToolProvider(List.of(new AsyncTools())).getToolSpecifications()
			.forEach((specification) -> guarding().guard(specification));
		assertThat(this.arguments.apply(McpTarget.tool("async"))).containsExactly("note");
	}

	@Test
	void sensitiveNamesOfToolsWithSameNameAreMerged() {
		add(new Tools());
		add(new OtherTools());
		assertThat(this.arguments.apply(McpTarget.tool("parameter"))).containsExactlyInAnyOrder("note", "number");
	}

	@Test
	void annotationOnResourceArgumentIsRefused() {
		assertRefused("Resources.details", "parts of its URI",
				() -> new SyncMcpResourceProvider(List.of(new Resources())).getResourceTemplateSpecifications()
					.forEach((specification) -> guarding().guard(specification)));
		assertRefused("Resources.details", "parts of its URI", () -> check(Resources.class));
	}

	@Test
	void annotationOnCompletionArgumentIsRefused() {
		assertRefused("Completions.complete", "completes arguments of prompt 'named'",
				() -> new SyncMcpCompleteProvider(List.of(new Completions())).getCompleteSpecifications()
					.forEach((specification) -> guarding().guard(specification)));
	}

	@Test
	void annotationOnBeanMethodThatIsNoToolIsRefused() {
		assertRefused("NoTool.work", "the method is no tool or prompt", () -> check(NoTool.class));
	}

	@Test
	void toolWithUnknownHandlerIsRecognizedByAnnotation() {
		check(Callbacks.class);
		assertThat(this.arguments.apply(McpTarget.tool("callback"))).contains("note");
		check(Tools.class);
		assertThat(this.arguments.apply(McpTarget.tool("record"))).containsExactly("number");
		check(Prompts.class);
		assertThat(this.arguments.apply(McpTarget.prompt("named"))).contains("thenote");
	}

	@Test
	void methodToolCallbackNeedsNoToolAnnotation() {
		guarding().guard(McpToolUtils.toSyncToolSpecification(MethodToolCallback.builder()
			.toolDefinition(ToolDefinition.builder().name("built").description("Works").inputSchema("{}").build())
			.toolMethod(ReflectionUtils.findMethod(NoTool.class, "work", String.class))
			.toolObject(new NoTool())
			.build()));
		assertThat(this.arguments.apply(McpTarget.tool("built"))).containsExactly("note");
		assertThatNoException().isThrownBy(() -> check(NoTool.class));
	}

	private void add(Object tools) {
		new SyncMcpToolProvider(List.of(tools)).getToolSpecifications()
			.forEach((specification) -> guarding().guard(specification));
	}

	private void check(Class<?> bean) {
		try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext(bean)) {
			this.arguments.check(context.getBeanFactory());
		}
	}

	private GuardedSpecifications guarding() {
		OfferedTargets offered = new OfferedTargets();
		RuleBook rules = new RuleBook(List.of(), List.of(), Conventions.NONE, Access.AUTHENTICATED, offered);
		return new GuardedSpecifications(() -> {
			throw new IllegalStateException("Nothing is called here");
		}, new CallerArguments(Map::of), () -> offered, () -> rules, ToolConditions::new, () -> this.arguments);
	}

	private static void assertRefused(String place, String reason, Runnable start) {
		assertThatExceptionOfType(DeclarationException.class).isThrownBy(start::run)
			.withMessageContaining("@Sensitive on ")
			.withMessageContaining(place.substring(place.indexOf('.')))
			.withMessageContaining("protects nothing: ")
			.withMessageContaining(reason)
			.satisfies((ex) -> assertThat(ex.getAction()).contains("or remove it"));
	}

	record Card(@Sensitive String number, String owner) {
	}

	record Holder(Card card, Thread.State state) {
	}

	record Page<T>(List<T> content, int size) {
	}

	static class CardBox extends Box<Card> {

	}

	static class Box<T> {

		static final Node IGNORED = new Node("", "", List.of());

		public @Nullable T content;

	}

	record Node(@Sensitive String secretNote, String label, List<Node> children) {
	}

	record Renamed(@Sensitive @JsonProperty("card_number") @JsonAlias("no") String number,
			@JsonProperty("the-owner") String owner) {
	}

	@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
	record Snake(@Sensitive String cardNumber, String cardOwner) {
	}

	static class Base {

		@Sensitive
		private String inherited = "";

		public void setInherited(String inherited) {
			this.inherited = inherited;
		}

		public String inherited() {
			return this.inherited;
		}

	}

	static class Bean extends Base {

		@Sensitive
		public String field = "";

		public String plain = "";

	}

	static class Creator {

		private final List<String> values;

		@JsonCreator
		Creator(@Sensitive @JsonProperty("n") String number, @JsonProperty("o") String owner) {
			this.values = List.of(number, owner);
		}

		List<String> values() {
			return this.values;
		}

	}

	/**
	 * Every place that the annotation can have.
	 */
	public static class Tools {

		@McpTool
		public String plain(String note, Page<String> page, Map<String, Object> any, JsonNode node, Thread thread,
				McpTransportContext context, McpCaller caller) {
			return "";
		}

		@McpTool
		public String parameter(@Sensitive Object note, Object other) {
			return "";
		}

		@McpTool
		public String record(Card card) {
			return "";
		}

		@McpTool
		public String listOfRecords(List<Card> cards) {
			return "";
		}

		@McpTool
		public String mapOfRecords(Map<String, Card> cards) {
			return "";
		}

		@McpTool
		public String arrayOfRecords(Card[][] cards) {
			return "";
		}

		@McpTool
		public String optional(Optional<Card> card) {
			return "";
		}

		@McpTool
		public String generic(Page<Card> page) {
			return "";
		}

		@McpTool
		public String subclass(CardBox box) {
			return "";
		}

		@McpTool
		public String nested(Holder holder) {
			return "";
		}

		@McpTool
		public String recursive(Node node) {
			return "";
		}

		@McpTool
		public String bean(Bean bean) {
			return "";
		}

		@McpTool
		public String renamed(Renamed renamed) {
			return "";
		}

		@McpTool
		public String snakeCase(Snake snake) {
			return "";
		}

		@McpTool
		public String constructor(Creator creator) {
			return "";
		}

		@McpTool
		public String request(@Sensitive CallToolRequest request) {
			return "";
		}

		@McpTool
		public String twice(@Sensitive String note, Card card, @Sensitive String number) {
			return "";
		}

	}

	/**
	 * A tool with a name of another one.
	 */
	public static class OtherTools {

		@McpTool
		public String parameter(Card card) {
			return "";
		}

	}

	interface Declaration {

		String implemented(@Sensitive String note, String other);

	}

	static class Implementation implements Declaration {

		@Override
		@McpTool
		public String implemented(String note, String other) {
			return "";
		}

	}

	/**
	 * Prompts.
	 */
	public static class Prompts {

		@McpPrompt
		public String named(@Sensitive @McpArg(name = "the-note") String note, @Sensitive @McpArg String plain,
				String other) {
			return "";
		}

		@McpPrompt
		public String all(@Sensitive Map<String, Object> arguments) {
			return "";
		}

		@McpPrompt
		public String request(@Sensitive GetPromptRequest request) {
			return "";
		}

	}

	/**
	 * A tool that is offered through a callback.
	 */
	public static class Callbacks {

		@Tool(name = "callback", description = "Works")
		public String callback(@Sensitive String note, Card card, McpCaller caller) {
			return "";
		}

	}

	/**
	 * An asynchronous tool.
	 */
	public static class AsyncTools {

		@McpTool
		public Mono<String> async(@Sensitive String note) {
			return Mono.empty();
		}

	}

	/**
	 * A resource.
	 */
	public static class Resources {

		@McpResource(uri = "records://{id}", name = "details")
		public String details(@Sensitive String id) {
			return "";
		}

	}

	/**
	 * A completion.
	 */
	public static class Completions {

		@McpComplete(prompt = "named")
		public List<String> complete(@Sensitive String value) {
			return List.of();
		}

	}

	/**
	 * A bean without tools.
	 */
	public static class NoTool {

		public String work(@Sensitive String note) {
			return "";
		}

	}

}

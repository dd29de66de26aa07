package io.mcpsecurity.handler;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.Sensitive;
import io.mcpsecurity.audit.SensitiveParts;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.Conventions;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.annotation.JsonNaming;
import tools.jackson.databind.annotation.JsonPOJOBuilder;
import tools.jackson.databind.json.JsonMapper;

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
import org.springframework.ai.tool.function.FunctionToolCallback;
import org.springframework.ai.tool.method.MethodToolCallback;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.util.ReflectionUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Where {@link Sensitive} is found, and which parts of arguments follow from it.
 */
class SensitiveArgumentsTests {

	private final SensitiveArguments arguments = new SensitiveArguments();

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~',
			textBlock = """
					parameter      | {"note":*,"other":1}
					parameter      | {"note":{"a":*},"other":[1]}
					record         | {"card":{"number":*,"owner":"x"}}
					listOfRecords  | {"cards":[{"number":*,"owner":"x"},{"number":*}]}
					mapOfRecords   | {"cards":{"any":{"number":*},"number":*}}
					arrayOfRecords | {"cards":[[{"number":*}],{"number":*}]}
					optional       | {"card":{"number":*,"owner":"x"}}
					generic        | {"page":{"content":[{"number":*}],"size":1}}
					recursive      | {"node":{"secretNote":*,"children":[{"secretNote":*,"children":[{"secretNote":*,"label":"x"}]}]}}
					bean           | {"bean":{"field":*,"renamed_getter":*,"viaSetter":*,"inherited":*,"plain":1}}
					renamed        | {"renamed":{"card_number":*,"no":*,"the-owner":"x"}}
					snakeCase      | {"snake":{"card_number":*,"card_owner":"x"}}
					creator        | {"creator":{"n":*,"o":"x"}}
					delegating     | {"delegating":{"number":*,"owner":"x"}}
					wholeDelegate  | {"delegate":*}
					built          | {"built":{"number":*,"owner":"x"}}
					subtypes       | {"payment":{"type":"card","number":*,"iban":"x"}}
					sealedTypes    | {"payment":{"number":*,"iban":"x"}}
					unwrapped      | {"outer":{"c_number":*,"c_owner":"x","id":1}}
					unwrappedDeep  | {"outer":{"card":{"number":*,"owner":"x"},"n":*}}
					anySetter      | {"any":{"known":1,"whatever":*,"else":{"a":*}}}
					anyRecords     | {"any":{"whatever":{"number":*,"owner":"x"}}}
					sameNames      | {"cards":[{"number":*}],"plain":{"number":"x"},"plains":[{"number":"x"}],"map":{"a":{"number":"x"}}}
					mixed          | {"card":{"number":*},"node":{"any":1},"tree":{"number":*,"a":[{"number":*}]}}
					""")
	void inAToolsArguments(String tool, String json) {
		add(new Tools());
		check(McpTarget.tool(tool), json);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~',
			textBlock = """
					an array instead of an object     | record        | {"card":[{"number":*,"owner":"x"}]}
					an object instead of an array     | listOfRecords | {"cards":{"number":*,"owner":"x"}}
					a member without its object       | record        | {"number":*,"owner":"x"}
					a member in an unknown object     | record        | {"payment":{"card":{"number":*}},"card":{"x":[{"number":*}]}}
					a name that is written in another way | record    | {"CARD":{"Number":*,"OWNER":"x"}}
					""")
	void whatIsInTheWrongPlaceIsSensitiveAllTheSame(String place, String tool, String json) {
		add(new Tools());
		check(McpTarget.tool(tool), json);
	}

	@ParameterizedTest
	@ValueSource(strings = { "record", "listOfRecords", "mapOfRecords", "optional", "recursive", "bean", "built",
			"subtypes" })
	void aScalarInThePlaceOfATypeWithSensitiveMembersIsToBeHidden(String tool) {
		add(new Tools());
		SensitiveParts parts = this.arguments.apply(McpTarget.tool(tool));
		assertThat(parts.hidesWithin()).isTrue();
		assertThat(List.of("card", "cards", "node", "bean", "built", "payment"))
			.anyMatch((name) -> parts.member(name).hidesWithin() && !parts.member(name).hidden());
	}

	@Test
	void aToolWithoutTheAnnotationHidesNothing() {
		add(new Tools());
		assertThat(this.arguments.apply(McpTarget.tool("plain")).hidesWithin()).isFalse();
		assertThat(this.arguments.apply(McpTarget.tool("unknown"))).isSameAs(SensitiveParts.NONE);
		assertThat(this.arguments.apply(McpTarget.prompt("parameter"))).isSameAs(SensitiveParts.NONE);
	}

	@Test
	void onAToolsMethodAllArgumentsAreMeant() {
		add(new Tools());
		assertThat(this.arguments.apply(McpTarget.tool("everything")).hidden()).isTrue();
		assertThat(this.arguments.apply(McpTarget.tool("request")).hidden()).isTrue();
	}

	@Test
	void theMethodThatAToolImplementsCounts() {
		add(new Implementation());
		check(McpTarget.tool("implemented"), "{\"note\":*,\"other\":1}");
	}

	@Test
	void inAPromptsArguments() {
		new SyncMcpPromptProvider(List.of(new Prompts())).getPromptSpecifications()
			.forEach((specification) -> guarding().guard(specification));
		check(McpTarget.prompt("named"), "{\"the-note\":*,\"plain\":*,\"other\":1}");
		assertThat(this.arguments.apply(McpTarget.prompt("all")).hidden()).isTrue();
		assertThat(this.arguments.apply(McpTarget.prompt("request")).hidden()).isTrue();
		check(McpTarget.prompt("named"), "{\"argument\":{\"the-note\":*},\"context\":{\"plain\":*,\"other\":\"x\"}}");
		assertThat(this.arguments.apply(McpTarget.prompt("named")).member("other").hidesWithin()).isFalse();
	}

	@Test
	void inTheArgumentsOfAToolCallback() {
		guarding().guard(McpToolUtils.toSyncToolSpecification(ToolCallbacks.from(new Callbacks())[0]));
		check(McpTarget.tool("callback"), "{\"note\":*,\"card\":{\"number\":*,\"owner\":\"x\"}}");
	}

	@Test
	void inTheArgumentsOfAStatelessAndOfAnAsynchronousTool() {
		guarding().guard(McpToolUtils.toStatelessSyncToolSpecification(ToolCallbacks.from(new Callbacks())[0], null));
		check(McpTarget.tool("callback"), "{\"note\":*}");
		new AsyncStatelessMcpToolProvider(List.of(new AsyncTools())).getToolSpecifications()
			.forEach((specification) -> guarding().guard(specification));
		check(McpTarget.tool("async"), "{\"note\":*}");
	}

	@Test
	void inTheInputOfAFunction() {
		guarding().guard(McpToolUtils
			.toSyncToolSpecification(FunctionToolCallback.builder("function", (Function<Card, String>) (card) -> "paid")
				.description("Pays")
				.inputType(Card.class)
				.build()));
		check(McpTarget.tool("function"), "{\"number\":*,\"owner\":\"x\"}");
		guarding().guard(McpToolUtils.toSyncToolSpecification(
				FunctionToolCallback.builder("generic", (Function<Page<Card>, String>) (cards) -> "paid")
					.description("Pays")
					.inputType(new ParameterizedTypeReference<Page<Card>>() {
					})
					.build()));
		check(McpTarget.tool("generic"), "{\"content\":[{\"number\":*}]}");
	}

	@Test
	void twoToolsOfOneNameHideWhatEitherHides() {
		add(new Tools());
		guarding().guard(McpToolUtils.toSyncToolSpecification(
				FunctionToolCallback.builder("parameter", (Function<Card, String>) (card) -> "paid")
					.description("Pays")
					.inputType(Card.class)
					.build()));
		check(McpTarget.tool("parameter"), "{\"note\":*,\"number\":*,\"other\":1}");
	}

	@Test
	void onAResourcesArgumentItIsRefused() {
		assertRefused("Resources.details", "parts of its URI",
				() -> new SyncMcpResourceProvider(List.of(new Resources())).getResourceTemplateSpecifications()
					.forEach((specification) -> guarding().guard(specification)));
	}

	@Test
	void onACompletionsArgumentItIsRefused() {
		assertRefused("Completions.complete", "completes arguments of prompt 'named'",
				() -> new SyncMcpCompleteProvider(List.of(new Completions())).getCompleteSpecifications()
					.forEach((specification) -> guarding().guard(specification)));
	}

	@Test
	void onAParameterThatClientsDoNotFillItIsRefused() {
		assertRefused("Context.tool", "the parameter 'context' is no argument of clients", () -> add(new Context()));
		assertRefused("Caller.tool", "the parameter 'caller' is no argument of clients", () -> add(new Caller()));
	}

	@Test
	void onAMethodOfATypeThatIsNoMemberItIsRefused() {
		assertRefused("Misplaced.compute", "neither gets nor sets a member", () -> add(new MisplacedTool()));
	}

	@Test
	void onAMethodOfABeanThatIsNoToolItIsRefused() {
		assertRefused("NoTool.work", "the method is no tool or prompt", () -> check(NoTool.class));
		assertRefused("NoTool.all", "the method is no tool or prompt", () -> check(NoToolAtAll.class));
		assertRefused("Resources.details", "the method is no tool or prompt", () -> check(Resources.class));
	}

	@Test
	void aToolThatNobodyHasOfferedYetIsKnownByItsAnnotation() {
		check(Callbacks.class);
		check(McpTarget.tool("callback"), "{\"note\":*}");
		check(Tools.class);
		check(McpTarget.tool("record"), "{\"card\":{\"number\":*}}");
		check(Prompts.class);
		check(McpTarget.prompt("named"), "{\"the-note\":*}");
	}

	@Test
	void aMethodThatAHandlerHasShownNeedsNoAnnotationOfATool() {
		guarding().guard(McpToolUtils.toSyncToolSpecification(MethodToolCallback.builder()
			.toolDefinition(ToolDefinition.builder().name("built").description("Works").inputSchema("{}").build())
			.toolMethod(ReflectionUtils.findMethod(NoTool.class, "work", String.class))
			.toolObject(new NoTool())
			.build()));
		check(McpTarget.tool("built"), "{\"note\":*}");
		assertThatNoException().isThrownBy(() -> check(NoTool.class));
	}

	@Test
	void typesThatJacksonCannotMakeAreNoReasonToFail() {
		assertThatNoException().isThrownBy(() -> add(new OddTools()));
		check(McpTarget.tool("odd"), "{\"odd\":{\"note\":*}}");
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
		OfferedTargets offered = new OfferedTargets((template, uri) -> false);
		RuleBook rules = new RuleBook(List.of(), List.of(), Conventions.NONE, Access.AUTHENTICATED, offered);
		return new GuardedSpecifications(() -> {
			throw new IllegalStateException("Nothing is called here");
		}, new CallerArguments(Map::of), () -> offered, () -> rules, () -> this.arguments);
	}

	private static void assertRefused(String place, String reason, Runnable start) {
		assertThatExceptionOfType(SensitiveDeclarationException.class).isThrownBy(start::run)
			.withMessageContaining("@Sensitive on ")
			.withMessageContaining(place.substring(place.indexOf('.')))
			.withMessageContaining("protects nothing: ")
			.withMessageContaining(reason)
			.satisfies((ex) -> assertThat(ex.getAction()).contains("or remove it"));
	}

	/**
	 * Check that exactly the places with a {@code *} are hidden.
	 */
	private void check(McpTarget target, String json) {
		check(this.arguments.apply(target), JsonMapper.shared().readTree(json.replace("*", "\"*\"")),
				target + " " + json);
	}

	private static void check(SensitiveParts parts, JsonNode value, String place) {
		boolean hidden = value.isString() && value.asString().equals("*");
		if (parts.hidden()) {
			assertThat(value.toString()).as(place).contains("*");
			return;
		}
		assertThat(parts.hidden()).as(place).isEqualTo(hidden);
		value.properties()
			.forEach((member) -> check(parts.member(member.getKey()), member.getValue(),
					place + " at " + member.getKey()));
		if (value.isArray()) {
			value.forEach((element) -> check(parts.element(), element, place + " at an element"));
		}
	}

	record Card(@Sensitive String number, String owner) {
	}

	record Page<T>(List<T> content, int size) {
	}

	record Node(@Sensitive String secretNote, String label, List<Node> children) {
	}

	record Renamed(@Sensitive @JsonProperty("card_number") @JsonAlias("no") String number,
			@JsonProperty("the-owner") String owner) {
	}

	@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
	record Snake(@Sensitive String cardNumber, String cardOwner) {
	}

	record Outer(int id, @JsonUnwrapped(prefix = "c_") Card card) {
	}

	record Holder(Card card) {
	}

	record Whole(String n) {
	}

	record Plain(String number) {
	}

	record DeepOuter(@JsonUnwrapped Holder holder, @Sensitive @JsonUnwrapped Whole whole) {
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
		private String field = "";

		private String getter = "";

		public String plain = "";

		public void setField(String field) {
			this.field = field;
		}

		public String field() {
			return this.field;
		}

		@Sensitive
		@JsonProperty("renamed_getter")
		public String getGetter() {
			return this.getter;
		}

		public void setGetter(String getter) {
			this.getter = getter;
		}

		@Sensitive
		public void setViaSetter(String value) {
			this.plain = value;
		}

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

	static class Delegating {

		final Card card;

		@JsonCreator(mode = JsonCreator.Mode.DELEGATING)
		Delegating(Card card) {
			this.card = card;
		}

	}

	static class WholeDelegate {

		final String text;

		@JsonCreator(mode = JsonCreator.Mode.DELEGATING)
		WholeDelegate(@Sensitive String text) {
			this.text = text;
		}

	}

	@JsonDeserialize(builder = Built.Builder.class)
	static class Built {

		final List<String> values = new ArrayList<>();

		@JsonPOJOBuilder
		static class Builder {

			private final Built built = new Built();

			@Sensitive
			Builder withNumber(String number) {
				this.built.values.add(number);
				return this;
			}

			Builder withOwner(String owner) {
				this.built.values.add(owner);
				return this;
			}

			Built build() {
				return this.built;
			}

		}

	}

	@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
	@JsonSubTypes({ @JsonSubTypes.Type(value = CardPayment.class, name = "card"),
			@JsonSubTypes.Type(value = Transfer.class, name = "transfer") })
	interface Payment {

	}

	record CardPayment(@Sensitive String number) implements Payment {
	}

	record Transfer(String iban) implements Payment {
	}

	@JsonTypeInfo(use = JsonTypeInfo.Id.DEDUCTION)
	sealed interface SealedPayment permits SealedCard, SealedTransfer {

	}

	record SealedCard(@Sensitive String number) implements SealedPayment {
	}

	record SealedTransfer(String iban) implements SealedPayment {
	}

	static class AnySetter {

		public int known;

		private final Map<String, Object> others = new HashMap<>();

		@Sensitive
		@JsonAnySetter
		void set(String name, Object value) {
			this.others.put(name, value);
		}

		Map<String, Object> others() {
			return this.others;
		}

	}

	static class AnyRecords {

		@JsonAnySetter
		public Map<String, Card> cards = new HashMap<>();

	}

	static class Misplaced {

		@Sensitive
		public String compute(int a, int b) {
			return String.valueOf(a + b);
		}

	}

	/** Two setters of one name are too many for Jackson. */
	static class Odd {

		@Sensitive
		private String note = "";

		public void setNote(Integer note) {
			this.note = "" + note;
		}

		public void setNote(Long note) {
			this.note = "" + note;
		}

		String note() {
			return this.note;
		}

	}

	/**
	 * Every place that the annotation can have.
	 */
	public static class Tools {

		@McpTool
		public String plain(String note, Page<String> page, Map<String, Object> any, JsonNode node) {
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
		public String creator(Creator creator) {
			return "";
		}

		@McpTool
		public String delegating(Delegating delegating) {
			return "";
		}

		@McpTool
		public String wholeDelegate(WholeDelegate delegate) {
			return "";
		}

		@McpTool
		public String built(Built built) {
			return "";
		}

		@McpTool
		public String subtypes(Payment payment) {
			return "";
		}

		@McpTool
		public String sealedTypes(SealedPayment payment) {
			return "";
		}

		@McpTool
		public String unwrapped(Outer outer) {
			return "";
		}

		@McpTool
		public String unwrappedDeep(DeepOuter outer) {
			return "";
		}

		@McpTool
		public String anySetter(AnySetter any) {
			return "";
		}

		@McpTool
		public String anyRecords(AnyRecords any) {
			return "";
		}

		@McpTool
		public String sameNames(List<Card> cards, Plain plain, Plain[] plains, Map<String, Plain> map) {
			return "";
		}

		@McpTool
		public String mixed(Card card, Map<String, Integer> node, JsonNode tree) {
			return "";
		}

		@McpTool
		@Sensitive
		public String everything(String note) {
			return "";
		}

		@McpTool
		public String request(@Sensitive CallToolRequest request) {
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
	 * A parameter that the transport fills.
	 */
	public static class Context {

		@McpTool
		public String tool(@Sensitive McpTransportContext context) {
			return "";
		}

	}

	/**
	 * A parameter that this library fills.
	 */
	public static class Caller {

		@McpTool
		public String tool(@Sensitive McpCaller caller) {
			return "";
		}

	}

	/**
	 * A tool with a type that is annotated in the wrong place.
	 */
	public static class MisplacedTool {

		@McpTool
		public String tool(Set<Misplaced> misplaced) {
			return "";
		}

	}

	/**
	 * A tool with a type that Jackson does not understand.
	 */
	public static class OddTools {

		@McpTool
		public String odd(Odd odd, Function<Odd, Runnable> function, Class<?> type, Thread thread) {
			return "";
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

	/**
	 * Another one.
	 */
	public static class NoToolAtAll {

		@Sensitive
		public String all(String note) {
			return "";
		}

	}

}

package io.mcpsecurity.handler;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.Conventions;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.message.McpTarget;
import org.aopalliance.intercept.MethodInterceptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.support.ToolCallbacks;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.ToolCallbackProvider;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.method.MethodToolCallbackProvider;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.aop.framework.autoproxy.DefaultAdvisorAutoProxyCreator;
import org.springframework.aop.support.AopUtils;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.NameMatchMethodPointcut;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.AliasFor;
import org.springframework.core.annotation.AnnotationConfigurationException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Where a declared scope is found and where the start is refused. Declarations are looked
 * for before the beans exist, as early as anything can ask for them.
 */
class AccessDeclarationsTests {

	@Test
	void annotationOnToolMethodIsFound() {
		List<AccessRule> rules = find(OnMethod.class);
		assertThat(rules).singleElement().satisfies((rule) -> {
			assertThat(rule.target()).isEqualTo(McpTarget.tool("purge"));
			assertThat(rule.requirement().allOf()).containsExactly("a", "b");
			assertThat(rule.requirement().anyOf()).containsExactly("c", "d");
			assertThat(rule.source()).isEqualTo("@RequiresScope on AccessDeclarationsTests.OnMethod.purge");
		});
	}

	@Test
	void toolWithoutNameHasNameOfMethod() {
		assertThat(targets(find(Unnamed.class))).containsExactlyInAnyOrder("tool 'export'", "prompt 'summarize'");
	}

	@Test
	void annotationsOnResourcesTemplatesAndPromptsAreFound() {
		assertThat(scopes(find(Resources.class))).containsExactlyInAnyOrderEntriesOf(
				Map.of("resource 'records://all'", "a", "resource 'records://{id}'", "b", "prompt 'summarize'", "c"));
	}

	@Test
	void methodWithSeveralMcpAnnotationsHasRuleForEachTarget() {
		assertThat(scopes(find(Several.class))).containsExactlyInAnyOrderEntriesOf(
				Map.of("tool 'all'", "a", "resource 'records://all'", "a", "prompt 'all'", "a"));
	}

	@Test
	void annotationOnMethodReplacesAnnotationOnClass() {
		assertThat(scopes(find(OnClass.class)))
			.containsExactlyInAnyOrderEntriesOf(Map.of("tool 'browse'", "class", "tool 'purge'", "method"));
	}

	@Test
	void annotationOnEnclosingClassIsRefused() {
		String message = "@RequiresScope on AccessDeclarationsTests.Enclosing does not protect "
				+ "AccessDeclarationsTests.Enclosing.%s, because a nested class does not inherit it";
		refuses(message.formatted("Nested.nested"), Enclosing.Nested.class);
		refuses(message.formatted("Nested.Deeper.deeper"), Enclosing.Nested.Deeper.class);
	}

	@Test
	void toolWithoutAnnotationHasNoRule() {
		assertThat(find(Open.class)).isEmpty();
	}

	@Test
	void annotationOnInterfaceMethodIsFound() {
		assertThat(scopes(find(OfInterface.class))).isEqualTo(Map.of("tool 'purge'", "interface"));
	}

	@Test
	void annotationOnInterfaceTypeIsFound() {
		assertThat(scopes(find(OfInterfaceType.class))).isEqualTo(Map.of("tool 'purge'", "interface"));
	}

	@Test
	void annotationOnOverriddenSuperclassMethodIsFound() {
		assertThat(scopes(find(OfSuperclass.class))).isEqualTo(Map.of("tool 'purge'", "superclass"));
	}

	@Test
	void annotationOnSuperclassIsFound() {
		assertThat(scopes(find(OfSuperclassType.class))).isEqualTo(Map.of("tool 'purge'", "superclass"));
	}

	@Test
	void annotationOnInheritedMethodIsFound() {
		assertThat(scopes(find(Inheriting.class))).isEqualTo(Map.of("tool 'purge'", "a"));
	}

	@Test
	void annotationOnClassAppliesToInheritedMethods() {
		assertThat(scopes(find(ClosedInheriting.class)))
			.isEqualTo(Map.of("tool 'inherited'", "subclass", "tool 'own'", "subclass", "tool 'ruled'", "method"));
	}

	@Test
	void annotationOnInterfaceOfClassAppliesToInheritedMethods() {
		assertThat(scopes(find(ClosedByInterface.class)))
			.isEqualTo(Map.of("tool 'inherited'", "interface", "tool 'ruled'", "method"));
	}

	@Test
	void annotationOnOverriddenGenericMethodIsFound() {
		assertThat(scopes(find(OfGeneric.class))).isEqualTo(Map.of("tool 'purge'", "generic"));
	}

	@Test
	void metaAnnotationIsFound() {
		assertThat(scopes(find(Meta.class)))
			.isEqualTo(Map.of("tool 'browse'", "records:browse", "tool 'purge'", "records:purge"));
	}

	@Test
	void annotationOnProxiedBeanIsFound() {
		try (AnnotationConfigApplicationContext context = context(OnMethod.class, Advice.class)) {
			context.refresh();
			assertThat(AopUtils.isCglibProxy(context.getBean(OnMethod.class))).isTrue();
			assertThat(targets(AccessDeclarations.find(context.getBeanFactory()).rules()))
				.containsExactly("tool 'purge'");
		}
		assertThat(targets(find(OnMethod.class, Advice.class))).containsExactly("tool 'purge'");
	}

	@Test
	void annotationOnConfigurationClassIsFound() {
		assertThat(scopes(find(ToolConfiguration.class))).isEqualTo(Map.of("tool 'purge'", "a"));
	}

	@Test
	void annotationOnBeanOfBeanMethodIsFound() {
		assertThat(scopes(find(DeclaredAsClass.class))).isEqualTo(Map.of("tool 'purge'", "interface"));
	}

	@ParameterizedTest
	@ValueSource(classes = { CallbackOfBean.class, CallbackOfNoBean.class, CallbackOfProxy.class, CallbackList.class,
			CallbackBean.class, ProviderList.class })
	void annotationOnToolOfferedByCallbackIsFound(Class<?> configuration) {
		assertThat(scopes(find(configuration))).isEqualTo(Map.of("tool 'purge'", "records:purge"));
	}

	@Test
	void annotationOnInterfaceOfToolOfferedByCallbackIsFound() {
		assertThat(scopes(find(CallbackOfInterface.class))).isEqualTo(Map.of("tool 'purge'", "interface"));
	}

	@Test
	void equalAnnotationsForSameToolAreAccepted() {
		List<AccessRule> rules = find(OnMethod.class, OnMethodAgain.class);
		assertThat(rules).hasSize(2);
		assertThat(book(rules).declares(rules.get(0))).isTrue();
	}

	@Test
	void differentAnnotationsForSameToolAreRefused() {
		List<AccessRule> rules = find(OnMethod.class, OnMethodOtherwise.class);
		assertThatIllegalArgumentException().isThrownBy(() -> book(rules))
			.withMessage("tool 'purge' has two rules that contradict each other: "
					+ "@RequiresScope on AccessDeclarationsTests.OnMethod.purge says all of [a, b] and one of [c, d], "
					+ "@RequiresScope on AccessDeclarationsTests.OnMethodOtherwise.purge says all of [x]");
	}

	@Test
	void annotationOnMethodThatIsNoToolIsRefused() {
		refuses("@RequiresScope on AccessDeclarationsTests.OnHelper.helper protects nothing: the method is not an MCP "
				+ "tool, resource or prompt of this server", OnHelper.class);
	}

	@Test
	void annotationOnInterfaceMethodWithoutToolImplementationIsRefused() {
		refuses("@RequiresScope on AccessDeclarationsTests.ImplementsInterfaceWithoutTool.purge protects nothing: the "
				+ "method is not an MCP tool, resource or prompt of this server", ImplementsInterfaceWithoutTool.class);
	}

	@Test
	void annotationOnClassWithoutToolsIsRefused() {
		refuses("@RequiresScope on AccessDeclarationsTests.NoTools protects nothing: none of its methods is an MCP tool, "
				+ "resource or prompt of this server", NoTools.class);
	}

	@Test
	void annotationOnToolNotOfferedByCallbackIsRefused() {
		refuses("@RequiresScope on AccessDeclarationsTests.Callbacks.purge protects nothing: the method is not an MCP "
				+ "tool, resource or prompt of this server", Callbacks.class);
	}

	@Test
	void annotationWithoutScopeIsRefused() {
		refuses("@RequiresScope on AccessDeclarationsTests.Empty.purge: no scope is given", Empty.class);
	}

	@Test
	void annotationWithInvalidScopeIsRefused() {
		refuses("@RequiresScope on AccessDeclarationsTests.Illegal.purge: 'records purge' is not a scope: RFC 6749 "
				+ "section 3.3 allows printable ASCII without space, \" and \\", Illegal.class);
	}

	@Test
	void competingAnnotationsOfInterfacesAreRefused() {
		assertThatExceptionOfType(AnnotationConfigurationException.class).isThrownBy(() -> find(Competing.class))
			.withMessageContaining("one unique annotation")
			.withMessageContaining("Competing.purge");
	}

	@Test
	void competingTypeAnnotationsForInheritedMethodAreRefused() {
		assertThatExceptionOfType(AnnotationConfigurationException.class).isThrownBy(() -> find(CompetingTypes.class))
			.withMessageContaining("one unique annotation")
			.withMessageContaining("CompetingTypes");
	}

	@ParameterizedTest
	@ValueSource(classes = { PrivateTool.class, FinalTool.class })
	void annotationOnPrivateOrFinalMethodOfProxiedBeanIsRefused(Class<?> bean) {
		assertThat(find(bean)).as("without proxy").hasSize(1);
		refuses("@RequiresScope on AccessDeclarationsTests." + bean.getSimpleName() + ".purge stands on a private or "
				+ "final method of a proxied bean, which a proxy cannot reach", bean, Advice.class);
	}

	@Test
	void annotatedBeanDeclaredAsInterfaceIsRefusedAfterCreation() {
		try (AnnotationConfigApplicationContext context = context(DeclaredAsInterface.class)) {
			List<AccessRule> rules = findEarly(context);
			Object bean = context.getBean(Exporting.class);
			assertThat(rules).as("the definition does not tell").isEmpty();
			assertThatIllegalStateException().isThrownBy(() -> AccessDeclarations.check(List.of(bean), book(rules)))
				.withMessage(
						"@RequiresScope on AccessDeclarationsTests.Exporter.export was registered after the rules were built");
		}
	}

	@Test
	void annotatedBeanDeclaredAsClassPassesCheckAfterCreation() {
		try (AnnotationConfigApplicationContext context = context(DeclaredAsClass.class)) {
			List<AccessRule> rules = findEarly(context);
			AccessDeclarations.check(List.of(context.getBean(OfInterface.class)), book(rules));
			assertThat(rules).hasSize(1);
		}
	}

	@Test
	void proxiedBeanIsCheckedByTargetClass() {
		try (AnnotationConfigApplicationContext context = context(Open.class)) {
			context.refresh();
			ProxyFactory proxy = new ProxyFactory(new PrivateTool());
			proxy.setProxyTargetClass(true);
			assertThatIllegalStateException()
				.isThrownBy(() -> AccessDeclarations.check(List.of(proxy.getProxy()), book(List.of())))
				.withMessageContaining("PrivateTool.purge");
		}
	}

	private static void refuses(String message, Class<?>... classes) {
		assertThatIllegalStateException().isThrownBy(() -> find(classes)).withMessage(message);
	}

	private static List<AccessRule> find(Class<?>... classes) {
		try (AnnotationConfigApplicationContext context = context(classes)) {
			return findEarly(context);
		}
	}

	private static List<AccessRule> findEarly(AnnotationConfigApplicationContext context) {
		context.refresh();
		return ((EarlyContext) context).rules;
	}

	private static AnnotationConfigApplicationContext context(Class<?>... classes) {
		AnnotationConfigApplicationContext context = new EarlyContext();
		context.register(classes);
		return context;
	}

	private static RuleBook book(List<AccessRule> rules) {
		return new RuleBook(List.of(), rules, Conventions.NONE, Access.AUTHENTICATED, new OfferedTargets());
	}

	private static List<String> targets(List<AccessRule> rules) {
		return rules.stream().map((rule) -> rule.target().toString()).toList();
	}

	private static Map<String, String> scopes(List<AccessRule> rules) {
		return rules.stream()
			.collect(Collectors.toMap((rule) -> rule.target().toString(),
					(rule) -> String.join(" ", rule.requirement().all())));
	}

	/**
	 * Looks for rules where a servlet container would be created.
	 */
	private static final class EarlyContext extends AnnotationConfigApplicationContext {

		private final List<AccessRule> rules = new ArrayList<>();

		@Override
		protected void onRefresh() {
			this.rules.addAll(AccessDeclarations.find(getBeanFactory()).rules());
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Advice {

		@Bean
		static DefaultAdvisorAutoProxyCreator proxies() {
			DefaultAdvisorAutoProxyCreator creator = new DefaultAdvisorAutoProxyCreator();
			creator.setProxyTargetClass(true);
			return creator;
		}

		@Bean
		static DefaultPointcutAdvisor advisor() {
			NameMatchMethodPointcut pointcut = new NameMatchMethodPointcut();
			pointcut.setMappedNames("purge", "other");
			return new DefaultPointcutAdvisor(pointcut, (MethodInterceptor) (invocation) -> invocation.proceed());
		}

	}

	static class OnMethod {

		@McpTool(name = "purge")
		@RequiresScope(value = { "a", "b" }, anyOf = { "c", "d" })
		public String purge() {
			return "purged";
		}

	}

	static class OnMethodAgain extends OnMethod {

	}

	static class OnMethodOtherwise {

		@McpTool(name = "purge")
		@RequiresScope("x")
		public String purge() {
			return "purged";
		}

	}

	static class Unnamed {

		@McpTool
		@RequiresScope("a")
		String export() {
			return "exported";
		}

		@McpPrompt
		@RequiresScope("a")
		String summarize() {
			return "Summarize";
		}

	}

	static class Resources {

		@McpResource(uri = "records://all")
		@RequiresScope("a")
		String all() {
			return "all";
		}

		@McpResource(uri = "records://{id}")
		@RequiresScope("b")
		String one(String id) {
			return id;
		}

		@McpPrompt(name = "summarize")
		@RequiresScope("c")
		String summarize() {
			return "Summarize";
		}

	}

	static class Several {

		@McpTool(name = "all")
		@McpResource(uri = "records://all")
		@McpPrompt(name = "all")
		@RequiresScope("a")
		String all() {
			return "all";
		}

	}

	@RequiresScope("class")
	static class OnClass {

		@McpTool(name = "browse")
		String browse() {
			return "browsed";
		}

		@McpTool(name = "purge")
		@RequiresScope("method")
		String purge() {
			return "purged";
		}

		String helper() {
			return "helped";
		}

	}

	static class Open {

		@McpTool(name = "browse")
		String browse() {
			return "browsed";
		}

	}

	interface Purging {

		@RequiresScope("interface")
		String purge();

	}

	static class OfInterface implements Purging {

		@Override
		@McpTool(name = "purge")
		public String purge() {
			return "purged";
		}

	}

	interface Exporting {

		String export();

	}

	static class Exporter implements Exporting {

		@Override
		@McpTool(name = "export")
		@RequiresScope("a")
		public String export() {
			return "exported";
		}

	}

	static class ImplementsInterfaceWithoutTool implements Purging {

		@Override
		public String purge() {
			return "purged";
		}

	}

	@RequiresScope("interface")
	interface Secured {

	}

	static class OfInterfaceType implements Secured {

		@McpTool(name = "purge")
		String purge() {
			return "purged";
		}

	}

	abstract static class Superclass {

		@RequiresScope("superclass")
		String purge() {
			return "purged";
		}

	}

	static class OfSuperclass extends Superclass {

		@Override
		@McpTool(name = "purge")
		String purge() {
			return "purged";
		}

	}

	@RequiresScope("superclass")
	abstract static class SecuredSuperclass {

	}

	static class OfSuperclassType extends SecuredSuperclass {

		@McpTool(name = "purge")
		String purge() {
			return "purged";
		}

	}

	static class Inheriting extends ToInherit {

	}

	static class ToInherit {

		@McpTool(name = "purge")
		@RequiresScope("a")
		String purge() {
			return "purged";
		}

	}

	static class OpenToInherit {

		@McpTool(name = "inherited")
		String inherited() {
			return "inherited";
		}

		@McpTool(name = "ruled")
		@RequiresScope("method")
		String ruled() {
			return "ruled";
		}

	}

	@RequiresScope("subclass")
	static class ClosedInheriting extends OpenToInherit {

		@McpTool(name = "own")
		String own() {
			return "own";
		}

	}

	static class ClosedByInterface extends OpenToInherit implements Secured {

	}

	@RequiresScope("other")
	interface SecuredOtherwise {

	}

	static class CompetingTypes extends OpenToInherit implements Secured, SecuredOtherwise {

	}

	interface Generic<T> {

		@RequiresScope("generic")
		String purge(T value);

	}

	static class OfGeneric implements Generic<String> {

		@Override
		@McpTool(name = "purge")
		public String purge(String value) {
			return value;
		}

	}

	@Target(ElementType.METHOD)
	@Retention(RetentionPolicy.RUNTIME)
	@RequiresScope("records:browse")
	@interface MayBrowse {

	}

	@Target(ElementType.METHOD)
	@Retention(RetentionPolicy.RUNTIME)
	@RequiresScope
	@interface Needs {

		@AliasFor(annotation = RequiresScope.class, attribute = "value")
		String[] scopes();

	}

	static class Meta {

		@McpTool(name = "browse")
		@MayBrowse
		String browse() {
			return "browsed";
		}

		@McpTool(name = "purge")
		@Needs(scopes = "records:purge")
		String purge() {
			return "purged";
		}

	}

	@Configuration
	static class ToolConfiguration {

		@Bean
		Supplier<String> something() {
			return () -> "something";
		}

		@McpTool(name = "purge")
		@RequiresScope("a")
		String purge() {
			return something().get();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class DeclaredAsInterface {

		@Bean
		Exporting exporting() {
			return new Exporter();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class DeclaredAsClass {

		@Bean
		OfInterface purging() {
			return new OfInterface();
		}

	}

	static class Callbacks {

		@Tool(name = "purge", description = "Deletes records")
		@RequiresScope("records:purge")
		public String purge() {
			return "purged";
		}

		@Tool(name = "browse", description = "Lists records")
		public String browse() {
			return "browsed";
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class CallbackOfBean {

		@Bean
		Callbacks tools() {
			return new Callbacks();
		}

		@Bean
		ToolCallbackProvider provider(Callbacks tools) {
			return MethodToolCallbackProvider.builder().toolObjects(tools).build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class CallbackOfNoBean {

		@Bean
		ToolCallbackProvider provider() {
			return MethodToolCallbackProvider.builder().toolObjects(new Callbacks()).build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class CallbackOfProxy extends Advice {

		@Bean
		Callbacks tools() {
			return new Callbacks();
		}

		@Bean
		ToolCallbackProvider provider(Callbacks tools) {
			assertThat(AopUtils.isCglibProxy(tools)).isTrue();
			return MethodToolCallbackProvider.builder().toolObjects(tools).build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class CallbackList {

		@Bean
		List<ToolCallback> callbacks() {
			return List.of(ToolCallbacks.from(new Callbacks()));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class CallbackBean {

		@Bean
		ToolCallback callback() {
			return Arrays.stream(ToolCallbacks.from(new Callbacks()))
				.filter((callback) -> callback.getToolDefinition().name().equals("purge"))
				.findFirst()
				.orElseThrow();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ProviderList {

		@Bean
		List<ToolCallbackProvider> providers() {
			return List.of(MethodToolCallbackProvider.builder().toolObjects(new Callbacks()).build());
		}

	}

	static class CallbacksOfInterface implements Purging {

		@Override
		@Tool(name = "purge", description = "Deletes records")
		public String purge() {
			return "purged";
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class CallbackOfInterface {

		@Bean
		ToolCallbackProvider provider() {
			return MethodToolCallbackProvider.builder().toolObjects(new CallbacksOfInterface()).build();
		}

	}

	static class OnHelper {

		@McpTool(name = "purge")
		String purge() {
			return helper();
		}

		@RequiresScope("a")
		String helper() {
			return "helped";
		}

	}

	@RequiresScope("a")
	static class NoTools {

		String helper() {
			return "helped";
		}

	}

	static class Empty {

		@McpTool(name = "purge")
		@RequiresScope
		String purge() {
			return "purged";
		}

	}

	static class Illegal {

		@McpTool(name = "purge")
		@RequiresScope("records purge")
		String purge() {
			return "purged";
		}

	}

	interface PurgingOtherwise {

		@RequiresScope("other")
		String purge();

	}

	static class Competing implements Purging, PurgingOtherwise {

		@Override
		@McpTool(name = "purge")
		public String purge() {
			return "purged";
		}

	}

	static class PrivateTool {

		@McpTool(name = "purge")
		@RequiresScope("a")
		private String purge() {
			return "purged";
		}

		public Set<String> other() {
			return Set.of(purge());
		}

	}

	static class FinalTool {

		@McpTool(name = "purge")
		@RequiresScope("a")
		public final String purge() {
			return "purged";
		}

		public String other() {
			return "other";
		}

	}

	@RequiresScope("enclosing:use")
	static class Enclosing {

		@McpTool(description = "Is protected")
		String enclosing() {
			return "enclosing";
		}

		static class Nested {

			@McpTool(description = "Looks protected")
			String nested() {
				return "nested";
			}

			static class Deeper {

				@McpTool(description = "Looks protected")
				String deeper() {
					return "deeper";
				}

			}

		}

	}

}

package io.mcpsecurity;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

import io.mcpsecurity.test.TestAuthorizationServer;
import jakarta.servlet.Filter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Schedulers;

import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.HttpHeaders;
import org.springframework.security.web.FilterChainProxy;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.test.util.TestSocketUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One application with the starter and without it: outside the MCP endpoint and its
 * metadata there is no difference.
 */
class UnchangedApplicationTests {

	private static final HttpClient http = HttpClient.newHttpClient();

	/** What Spring AI makes where there is no starter: transport, routes and registry. */
	private static final Set<String> REPLACED = Set.of("webMvcStreamableServerTransportProvider",
			"webMvcStreamableServerRouterFunction", "serverAnnotatedBeanRegistry",
			"org.springframework.ai.mcp.server.webmvc.autoconfigure.McpServerStreamableHttpWebMvcAutoConfiguration");

	private static TestAuthorizationServer authorizationServer;

	private static ConfigurableApplicationContext with;

	private static ConfigurableApplicationContext without;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		without = start("mcp-security.enabled=false");
		with = start("mcp-security.resource=https://mcp.example.com/mcp",
				"mcp-security.authorization-servers=" + authorizationServer.issuer());
	}

	private static ConfigurableApplicationContext start(String... properties) {
		SpringApplication application = new SpringApplication(ApplicationFilterChainTests.Application.class);
		application.setRegisterShutdownHook(false);
		application.setDefaultProperties(Map.of("server.port", TestSocketUtils.findAvailableTcpPort(),
				"spring.main.banner-mode", "off", "spring.ai.mcp.server.protocol", "STREAMABLE",
				"management.endpoints.web.exposure.include", "*", "spring.security.user.name", "user",
				"spring.security.user.password", "password", "server.tomcat.basedir", "target/tomcat"));
		return application.run(Stream.of(properties).map((property) -> "--" + property).toArray(String[]::new));
	}

	@AfterAll
	static void stop() {
		with.close();
		without.close();
		authorizationServer.close();
	}

	@Test
	void otherBeansAreUnchanged() {
		Map<String, String> before = beans(without);
		Map<String, String> after = beans(with);
		before.keySet().removeAll(REPLACED);
		// What reports that the server is not secured.
		before.values().removeIf((type) -> type.contains("io.mcpsecurity.autoconfigure.Unsecured"));
		Map<String, String> added = new TreeMap<>(after);
		added.keySet().removeAll(before.keySet());
		assertThat(added.entrySet()).as("what the starter adds is its own").allMatch(UnchangedApplicationTests::isOwn);
		after.keySet().removeAll(added.keySet());
		assertThat(after).isEqualTo(before);
	}

	/**
	 * Ours, or of the SDK or Spring AI behind the endpoint, or a class of properties that
	 * is read here.
	 */
	private static boolean isOwn(Map.Entry<String, String> bean) {
		return bean.getValue().contains("io.mcpsecurity.") || bean.getKey().startsWith("mcp")
				|| bean.getKey().contains("io.mcpsecurity.") || bean.getValue().contains("ResourceServerProperties");
	}

	private static Map<String, String> beans(ConfigurableApplicationContext context) {
		DefaultListableBeanFactory factory = (DefaultListableBeanFactory) context.getBeanFactory();
		Map<String, String> beans = new TreeMap<>();
		for (String name : factory.getBeanDefinitionNames()) {
			Object bean = factory.getSingleton(name);
			beans.put(name, type((bean != null) ? AopUtils.getTargetClass(bean).getName()
					: String.valueOf(factory.getType(name, false))));
		}
		return beans;
	}

	/**
	 * Lambdas have no names that stay.
	 */
	private static String type(String name) {
		return name.replaceFirst("\\$\\$(Lambda|SpringCGLIB).*", "");
	}

	@Test
	void otherFilterChainsAreUnchanged() {
		List<String> before = chains(without);
		List<String> after = chains(with);
		assertThat(List.of(after.remove(0), after.remove(0), after.remove(0))).containsExactlyInAnyOrder(
				"[McpEndpointFilter]", "[ProtectedResourceMetadataFilter]", "[AbsentMetadataFilter]");
		assertThat(after).isEqualTo(before);
	}

	private static List<String> chains(ConfigurableApplicationContext context) {
		List<String> chains = new ArrayList<>();
		for (SecurityFilterChain chain : context.getBean(FilterChainProxy.class).getFilterChains()) {
			chains.add(chain.getFilters().stream().map(Filter::getClass).map(Class::getSimpleName).toList().toString());
		}
		return chains;
	}

	@Test
	void servletFiltersAreUnchanged() {
		assertThat(filters(with)).isEqualTo(filters(without));
	}

	private static Set<String> filters(ConfigurableApplicationContext context) {
		return new TreeSet<>(context.getBeansOfType(Filter.class).keySet());
	}

	@ParameterizedTest
	@ValueSource(strings = { "/", "/hello", "/other", "/missing", "/error", "/mcp2", "/mcp/", "/.well-known/other",
			"/hello?a=%20b", "/actuator", "/actuator/health", "/actuator/info",
			"/actuator/metrics/http.server.requests", "/actuator/mappings", "//hello", "/hello;a=b", "/hell%6f" })
	void otherResponsesAreUnchanged(String path) throws Exception {
		for (String login : new String[] { "", "user", "nobody" }) {
			for (String method : new String[] { "GET", "POST", "OPTIONS", "DELETE" }) {
				if (path.startsWith("/actuator/m") || path.equals("/actuator")) {
					// They describe the endpoint as well, or tell times.
					assertThat(response(with, method, path, login)).as(method + " " + path)
						.extracting(HttpResponse::statusCode)
						.isEqualTo(response(without, method, path, login).statusCode());
				}
				else {
					assertThat(described(response(with, method, path, login), with)).as(method + " " + path)
						.isEqualTo(described(response(without, method, path, login), without));
				}
			}
		}
	}

	/**
	 * Spring Boot records logins as soon as there is any repository of audit events.
	 */
	@Test
	void loginsAreNotRecorded() throws Exception {
		assertThat(response(without, "GET", "/actuator/auditevents", "user").statusCode()).isEqualTo(404);
		assertThat(response(with, "GET", "/other", "nobody").statusCode()).isEqualTo(401);
		HttpResponse<String> events = response(with, "GET", "/actuator/auditevents", "user");
		assertThat(events.statusCode()).isEqualTo(200);
		assertThat(events.body()).isEqualTo("{\"events\":[]}");
	}

	private static HttpResponse<String> response(ConfigurableApplicationContext context, String method, String path,
			String user) throws Exception {
		HttpRequest.Builder request = HttpRequest
			.newBuilder(URI.create("http://localhost:" + context.getEnvironment().getProperty("server.port") + path))
			.header("X-Town", "plain")
			.method(method, HttpRequest.BodyPublishers.ofString(method.equals("POST") ? "{}" : ""));
		if (!user.isEmpty()) {
			request.header("Authorization", "Basic " + HttpHeaders.encodeBasicAuth(user, "password", null));
		}
		return http.send(request.build(), BodyHandlers.ofString());
	}

	private static String described(HttpResponse<String> response, ConfigurableApplicationContext context) {
		Map<String, List<String>> headers = new TreeMap<>(response.headers().map());
		headers.remove("date");
		// Tomcat closes a connection after a number of requests.
		headers.remove("connection");
		headers.replaceAll((name, values) -> name.equals("set-cookie")
				? values.stream().map((value) -> value.replaceFirst("=[^;]*", "=?")).toList() : values);
		return (response.statusCode() + " " + headers + " " + response.body())
			.replace(String.valueOf(context.getEnvironment().getProperty("server.port")), "PORT")
			.replaceAll("\"timestamp\":\"[^\"]*\"", "\"timestamp\":\"?\"");
	}

	@Test
	void reactorSchedulerHookIsNotSet() {
		Runnable task = () -> {
		};
		assertThat(Schedulers.onSchedule(task)).isSameAs(task);
	}

}

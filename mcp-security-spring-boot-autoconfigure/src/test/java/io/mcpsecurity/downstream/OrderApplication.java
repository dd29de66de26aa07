package io.mcpsecurity.downstream;

import java.net.URI;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.test.RecordedEvents;
import org.jspecify.annotations.Nullable;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.restclient.RestTemplateBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.http.HttpEntity;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationToken;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.client.support.RestClientAdapter;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.service.annotation.GetExchange;
import org.springframework.web.service.invoker.HttpServiceProxyFactory;

/**
 * An MCP server whose tools call services, in every way.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import(OrderApplication.Orders.class)
class OrderApplication {

	@Bean
	RecordedEvents recorded() {
		return new RecordedEvents();
	}

	/** A client of the application itself. */
	@Bean
	RestClient ownClient(RestClient.Builder builder) {
		return builder.build();
	}

	static class Orders {

		private final RestClient orders;

		private final WebClient reactive;

		private final OrderInterface declared;

		private final RestClient own;

		private final RestTemplate template;

		private final WebClient ownReactive;

		private final BeanFactory beans;

		/** The results of what runs after the request. */
		final BlockingQueue<String> later = new LinkedBlockingQueue<>();

		Orders(@Downstream("orders") RestClient orders, @Downstream("orders") WebClient reactive, RestClient own,
				RestTemplateBuilder template, WebClient.Builder ownReactive, BeanFactory beans) {
			this.orders = orders;
			this.reactive = reactive;
			this.declared = HttpServiceProxyFactory.builderFor(RestClientAdapter.create(orders))
				.build()
				.createClient(OrderInterface.class);
			this.own = own;
			this.template = template.build();
			this.ownReactive = ownReactive.build();
			this.beans = beans;
		}

		@McpTool(name = "order", description = "Reads an order")
		String order(String service, String path) {
			return get(service(service), path, (headers) -> {
			}, null);
		}

		@McpTool(name = "declared", description = "Reads an order with an HTTP interface")
		String declared() {
			return this.declared.order("7");
		}

		@McpTool(name = "copying", description = "Reads an order with a header")
		String copying(String header, String value) {
			return get(this.orders, "/orders/7", (headers) -> headers.set(header, resolved(value)), null);
		}

		@McpTool(name = "query", description = "Reads an order with the token in the query")
		String query() {
			return get(this.orders, "/orders/7?token=" + token(), (headers) -> {
			}, null);
		}

		@McpTool(name = "intercepting", description = "Reads an order with an interceptor that changes the request")
		String intercepting() {
			return get(this.orders.mutate().requestInterceptor((request, body, execution) -> {
				request.getHeaders().setBearerAuth(token());
				return execution.execute(request, body);
			}).build(), "/orders/7", (headers) -> {
			}, null);
		}

		@McpTool(name = "reactive", description = "Reads an order with a WebClient")
		String reactive(String path, String header, String value) {
			return String.valueOf(this.reactive.get().uri(path).headers((headers) -> {
				if (!header.isEmpty()) {
					headers.set(header, resolved(value));
				}
			}).retrieve().bodyToMono(String.class).block());
		}

		@McpTool(name = "thread", description = "Reads an order on another thread")
		String thread(boolean named, McpCaller caller) throws Exception {
			CompletableFuture<String> result = new CompletableFuture<>();
			new SimpleAsyncTaskExecutor().execute(() -> complete(result, named ? caller : null));
			return result.get();
		}

		@McpTool(name = "later", description = "Reads an order after its response")
		String later(McpCaller caller) {
			CompletableFuture<String> result = new CompletableFuture<>();
			new SimpleAsyncTaskExecutor().execute(() -> {
				sleep();
				complete(result, caller);
				this.later.add(result.join());
			});
			return "later";
		}

		private void complete(CompletableFuture<String> result, @Nullable McpCaller caller) {
			try {
				result.complete(get(this.orders, "/orders/7", (headers) -> {
				}, caller));
			}
			catch (RuntimeException ex) {
				result.complete(String.valueOf(ex.getMessage()));
			}
		}

		@McpTool(name = "own", description = "Calls any service with a client of the application")
		String own(String client, String url, String header, String value) {
			String target = url.replace("{token}", token());
			return switch (client) {
				case "rest" -> get(this.own, target, (headers) -> headers.set(header, resolved(value)), null);
				case "template" -> {
					HttpHeaders headers = new HttpHeaders();
					headers.set(header, resolved(value));
					yield String.valueOf(this.template
						.exchange(URI.create(target), HttpMethod.GET, new HttpEntity<>(headers), String.class)
						.getBody());
				}
				case "thread" -> {
					String token = resolved(value);
					yield CompletableFuture
						.supplyAsync(() -> get(this.own, target, (headers) -> headers.set(header, token), null))
						.join();
				}
				default -> String.valueOf(this.ownReactive.get()
					.uri(URI.create(target))
					.header(header, resolved(value))
					.retrieve()
					.bodyToMono(String.class)
					.block());
			};
		}

		private RestClient service(String name) {
			return (RestClient) this.beans.getBean("mcpDownstream-" + name + "-restClient");
		}

		private static String get(RestClient client, String uri, Consumer<HttpHeaders> headers,
				@Nullable McpCaller caller) {
			Consumer<Map<String, Object>> attributes = (caller != null) ? DownstreamCaller.of(caller) : (all) -> {
			};
			RestClient.RequestHeadersUriSpec<?> request = client.get();
			return String.valueOf((uri.startsWith("raw:") ? request.uri(URI.create(uri.substring("raw:".length())))
					: request.uri(uri))
				.headers(headers)
				.attributes(attributes)
				.retrieve()
				.body(String.class));
		}

		private static String resolved(String value) {
			return value.replace("{token}", token());
		}

		private static String token() {
			JwtAuthenticationToken authentication = (JwtAuthenticationToken) SecurityContextHolder.getContext()
				.getAuthentication();
			return authentication.getToken().getTokenValue();
		}

		private static void sleep() {
			try {
				Thread.sleep(500);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

	}

	/** The service as an interface. */
	interface OrderInterface {

		@GetExchange("/orders/{id}")
		String order(@PathVariable String id);

	}

}

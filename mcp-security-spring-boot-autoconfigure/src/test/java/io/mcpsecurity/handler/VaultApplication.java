package io.mcpsecurity.handler;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.mcpsecurity.InsufficientScopeException;
import io.mcpsecurity.McpInvocation;
import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import reactor.core.publisher.Mono;

import org.springframework.ai.mcp.annotation.McpComplete;
import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.annotation.McpToolParam;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.authorization.AuthorizationManager;

/**
 * A server of every kind with one of each that needs a scope, by
 * {@code spring.ai.mcp.server.type} synchronous or asynchronous.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({ VaultApplication.SyncHandlers.class, VaultApplication.AsyncHandlers.class })
class VaultApplication {

	@Bean
	Calls calls() {
		return new Calls();
	}

	@Bean
	AuthorizationManager<McpInvocation> lending() {
		return (authentication, invocation) -> new AuthorizationDecision(!invocation.name().equals("lend"));
	}

	/**
	 * The kinds of servers.
	 */
	enum Variant {

		STREAMABLE_SYNC, STREAMABLE_ASYNC, STATELESS_SYNC, STATELESS_ASYNC;

		Protocol protocol() {
			return Protocol.valueOf(name().substring(0, name().indexOf('_')));
		}

		SecuredServer start(TestAuthorizationServer authorizationServer, String... properties) {
			return start(VaultApplication.class, authorizationServer, properties);
		}

		SecuredServer start(Class<?> application, TestAuthorizationServer authorizationServer, String... properties) {
			String[] all = new String[properties.length + 2];
			System.arraycopy(properties, 0, all, 2, properties.length);
			all[0] = "spring.ai.mcp.server.protocol=" + protocol();
			all[1] = "spring.ai.mcp.server.type=" + name().substring(name().indexOf('_') + 1);
			return SecuredServer.start(application, authorizationServer, all);
		}

	}

	/**
	 * Counts the calls that reached a handler, and keeps what the audit trail tells of
	 * all.
	 */
	static final class Calls implements AuditSink {

		private final AtomicInteger handled = new AtomicInteger();

		private final BlockingQueue<McpAuditEvent> events = new LinkedBlockingQueue<>();

		@Override
		public String name() {
			return "test";
		}

		@Override
		public void write(List<McpAuditEvent> events) {
			this.events.addAll(events);
		}

		McpAuditEvent nextEvent() throws InterruptedException {
			McpAuditEvent event = this.events.poll(30, TimeUnit.SECONDS);
			if (event == null) {
				throw new AssertionError("There is no event");
			}
			return event;
		}

		void forgetEvents() {
			this.events.clear();
		}

		int handled() {
			return this.handled.get();
		}

		<T> T handled(T answer) {
			this.handled.incrementAndGet();
			return answer;
		}

	}

	@ConditionalOnProperty(name = "spring.ai.mcp.server.type", havingValue = "SYNC")
	static class SyncHandlers {

		private final Calls calls;

		SyncHandlers(Calls calls) {
			this.calls = calls;
		}

		@McpTool(description = "Takes something out")
		@RequiresScope("vault:open")
		String take(int amount) {
			return this.calls.handled("took " + amount);
		}

		@McpTool(description = "Takes much out with one more scope")
		@RequiresScope(value = "vault:much", when = "#amount > 1000")
		String takeMuch(int amount) {
			return this.calls.handled("took " + amount);
		}

		@McpTool(description = "Asks for more while it runs")
		String asking() {
			throw new InsufficientScopeException("vault:more");
		}

		@McpTool(description = "Denied by a rule in Java")
		String lend() {
			return this.calls.handled("lent");
		}

		@McpTool(description = "Open to every caller")
		String look(@McpToolParam(required = false) String where) {
			return this.calls.handled("looked");
		}

		@McpResource(uri = "vault://list", name = "list")
		@RequiresScope("vault:open")
		String list() {
			return this.calls.handled("list");
		}

		@McpResource(uri = "vault://boxes/{id}", name = "box")
		@RequiresScope("vault:open")
		String box(String id) {
			return this.calls.handled(id);
		}

		@McpPrompt(description = "Summarizes")
		@RequiresScope("vault:open")
		String summarize(String language) {
			return this.calls.handled("Summarize");
		}

		@McpComplete(prompt = "summarize")
		List<String> language(String start) {
			return this.calls.handled(List.of(start + "!"));
		}

		@McpComplete(uri = "vault://boxes/{id}")
		List<String> id(String start) {
			return this.calls.handled(List.of(start + "!"));
		}

	}

	@ConditionalOnProperty(name = "spring.ai.mcp.server.type", havingValue = "ASYNC")
	static class AsyncHandlers {

		private final Calls calls;

		AsyncHandlers(Calls calls) {
			this.calls = calls;
		}

		@McpTool(description = "Takes something out")
		@RequiresScope("vault:open")
		Mono<String> take(int amount) {
			return Mono.fromCallable(() -> this.calls.handled("took " + amount));
		}

		@McpTool(description = "Takes much out with one more scope")
		@RequiresScope(value = "vault:much", when = "#amount > 1000")
		Mono<String> takeMuch(int amount) {
			return Mono.fromCallable(() -> this.calls.handled("took " + amount));
		}

		@McpTool(description = "Asks for more while it runs")
		Mono<String> asking() {
			return Mono.error(() -> new InsufficientScopeException("vault:more"));
		}

		@McpTool(description = "Denied by a rule in Java")
		Mono<String> lend() {
			return Mono.fromCallable(() -> this.calls.handled("lent"));
		}

		@McpTool(description = "Open to every caller")
		Mono<String> look(@McpToolParam(required = false) String where) {
			return Mono.fromCallable(() -> this.calls.handled("looked"));
		}

		@McpResource(uri = "vault://list", name = "list")
		@RequiresScope("vault:open")
		Mono<String> list() {
			return Mono.fromCallable(() -> this.calls.handled("list"));
		}

		@McpResource(uri = "vault://boxes/{id}", name = "box")
		@RequiresScope("vault:open")
		Mono<String> box(String id) {
			return Mono.fromCallable(() -> this.calls.handled(id));
		}

		@McpPrompt(description = "Summarizes")
		@RequiresScope("vault:open")
		Mono<String> summarize(String language) {
			return Mono.fromCallable(() -> this.calls.handled("Summarize"));
		}

		@McpComplete(prompt = "summarize")
		Mono<List<String>> language(String start) {
			return Mono.fromCallable(() -> this.calls.handled(List.of(start + "!")));
		}

		@McpComplete(uri = "vault://boxes/{id}")
		Mono<List<String>> id(String start) {
			return Mono.fromCallable(() -> this.calls.handled(List.of(start + "!")));
		}

	}

}

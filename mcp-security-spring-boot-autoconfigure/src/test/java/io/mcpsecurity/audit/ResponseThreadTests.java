package io.mcpsecurity.audit;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An answer that was held until its event was written is not sent by the thread that
 * writes events: a client that is slow to read would keep everybody's events waiting.
 */
class ResponseThreadTests {

	@ParameterizedTest
	@CsvSource({ "STREAMABLE, SYNC", "STREAMABLE, ASYNC", "STATELESS, SYNC", "STATELESS, ASYNC" })
	void responsesAreNotSentByAuditThread(Protocol protocol, String type) {
		Watch.threads.clear();
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
				SecuredServer server = SecuredServer.start(Watch.class, authorizationServer,
						"mcp-security.audit.on-failure=deny", "spring.ai.mcp.server.protocol=" + protocol,
						"spring.ai.mcp.server.type=" + type)) {
			String token = server.token("records:browse").sign();
			for (int i = 0; i < 20; i++) {
				HttpResponse<String> response = server.callTool(token, "browse", "{\"query\":\"x\"}");
				assertThat(SecuredServer.text(response)).isEqualTo("browsed");
			}
		}
		assertThat(Watch.threads).isNotEmpty().noneMatch((thread) -> thread.startsWith("mcp-audit-"));
	}

	/**
	 * Notes which threads write answers.
	 */
	@Import(AuditedApplication.class)
	static class Watch {

		private static final Set<String> threads = ConcurrentHashMap.newKeySet();

		@Bean
		FilterRegistrationBean<Filter> watch() {
			FilterRegistrationBean<Filter> watch = new FilterRegistrationBean<>(Watch::filter);
			watch.setOrder(Ordered.HIGHEST_PRECEDENCE);
			// A request whose body arrives late is dispatched again.
			watch.setDispatcherTypes(DispatcherType.REQUEST, DispatcherType.ASYNC);
			return watch;
		}

		private static void filter(ServletRequest request, ServletResponse response, FilterChain chain)
				throws IOException, ServletException {
			chain.doFilter(request, new HttpServletResponseWrapper((HttpServletResponse) response) {

				@Override
				public ServletOutputStream getOutputStream() throws IOException {
					return new WatchedStream(super.getOutputStream());
				}

			});
		}

	}

	private static final class WatchedStream extends ServletOutputStream {

		private final ServletOutputStream out;

		WatchedStream(ServletOutputStream out) {
			this.out = out;
		}

		@Override
		public void write(int b) throws IOException {
			Watch.threads.add(Thread.currentThread().getName());
			this.out.write(b);
		}

		@Override
		public void write(byte[] buffer, int offset, int length) throws IOException {
			Watch.threads.add(Thread.currentThread().getName());
			this.out.write(buffer, offset, length);
		}

		@Override
		public void flush() throws IOException {
			this.out.flush();
		}

		@Override
		public boolean isReady() {
			return this.out.isReady();
		}

		@Override
		public void setWriteListener(WriteListener listener) {
			this.out.setWriteListener(listener);
		}

	}

}

package io.mcpsecurity.web;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

import io.mcpsecurity.audit.RequestRecord.Connection;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.test.RequestRecorders;
import jakarta.servlet.ServletOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A response until it is denied, and after.
 */
class DeniableResponseTests {

	private static final AccessDecision DENIAL = new AccessDecision(Outcome.MISSING_SCOPES, List.of("a"), List.of("a"),
			null);

	private final MockHttpServletRequest request = new MockHttpServletRequest();

	private final MockHttpServletResponse response = new MockHttpServletResponse();

	private final DeniableResponse deniable = DeniableResponse.of(this.request, this.response,
			RequestRecorders.withoutTrail().begin(new Connection("https://mcp.example", null, null, null)));

	@AfterEach
	void forget() {
		RequestContextHolder.resetRequestAttributes();
	}

	@Test
	void passesEverythingOnAtOnce() throws IOException {
		ServletOutputStream out = this.deniable.getOutputStream();
		out.write('a');
		out.write("bc".getBytes(StandardCharsets.UTF_8));
		assertThat(this.response.getContentAsString()).isEqualTo("abc");
		out.flush();
		assertThat(this.response.isCommitted()).isTrue();
		assertThat(this.deniable.end()).isNull();
	}

	@Test
	void dropsEverythingOnceDenied() throws IOException {
		ServletOutputStream before = this.deniable.getOutputStream();
		this.deniable.deny(DENIAL);
		before.write('a');
		before.write("bc".getBytes(StandardCharsets.UTF_8));
		before.flush();
		before.close();
		this.deniable.getOutputStream().write('d');
		this.deniable.getWriter().write("e");
		this.deniable.flushBuffer();
		assertThat(this.response.isCommitted()).isFalse();
		assertThat(this.response.getContentAsString()).isEmpty();
		assertThat(this.deniable.end()).isSameAs(DENIAL);
	}

	@Test
	void cannotBeDeniedOnceSomethingWasSent() throws IOException {
		this.deniable.flushBuffer();
		this.deniable.deny(DENIAL);
		this.deniable.getOutputStream().write('a');
		assertThat(this.response.getContentAsString()).isEqualTo("a");
		assertThat(this.deniable.end()).isNull();
	}

	@Test
	void norOnceTheGateIsDone() throws IOException {
		assertThat(this.deniable.end()).isNull();
		this.deniable.deny(DENIAL);
		this.deniable.getOutputStream().write('a');
		assertThat(this.response.getContentAsString()).isEqualTo("a");
	}

	@Test
	void isFoundByTheRequestOfTheThread() {
		assertThat(DeniableResponse.current()).isNull();
		RequestContextHolder.setRequestAttributes(new ServletRequestAttributes(new MockHttpServletRequest()));
		assertThat(DeniableResponse.current()).isNull();
		RequestContextHolder.setRequestAttributes(new ServletRequestAttributes(this.request));
		assertThat(DeniableResponse.current()).isSameAs(this.deniable);
	}

}

package io.mcpsecurity.downstream;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;

import io.mcpsecurity.exchange.McpExchange;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.StreamingHttpOutputMessage;
import org.springframework.http.client.AbstractClientHttpRequest;
import org.springframework.http.client.ClientHttpRequest;
import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.http.client.ClientHttpResponse;

/**
 * Sends requests to one service.
 *
 * @param service the service
 * @param factory sends them
 */
record DownstreamRequestFactory(DownstreamService service,
		ClientHttpRequestFactory factory) implements ClientHttpRequestFactory {

	@Override
	public ClientHttpRequest createRequest(URI uri, HttpMethod method) {
		return new Request(uri, method);
	}

	/** Does not create the request that is sent before it is authorized. */
	private final class Request extends AbstractClientHttpRequest {

		private final URI uri;

		private final HttpMethod method;

		private final ByteArrayOutputStream body = new ByteArrayOutputStream();

		Request(URI uri, HttpMethod method) {
			this.uri = uri;
			this.method = method;
		}

		@Override
		public HttpMethod getMethod() {
			return this.method;
		}

		@Override
		public URI getURI() {
			return this.uri;
		}

		@Override
		protected OutputStream getBodyInternal(HttpHeaders headers) {
			return this.body;
		}

		@Override
		protected ClientHttpResponse executeInternal(HttpHeaders headers) throws IOException {
			DownstreamCall call = new DownstreamCall(DownstreamRequestFactory.this.service, this.uri, getAttributes(),
					McpExchange.current());
			call.checkDestination();
			HttpHeaders sent = new HttpHeaders();
			sent.putAll(headers);
			call.authorize(sent, getAttributes());
			ClientHttpResponse response;
			try {
				response = send(sent);
			}
			catch (IOException | RuntimeException ex) {
				call.unanswered();
				throw ex;
			}
			try {
				call.responded(response.getStatusCode().value(), response.getHeaders());
				return response;
			}
			catch (IOException | RuntimeException ex) {
				response.close();
				throw ex;
			}
		}

		private ClientHttpResponse send(HttpHeaders headers) throws IOException {
			ClientHttpRequest request = DownstreamRequestFactory.this.factory.createRequest(this.uri, this.method);
			request.getHeaders().putAll(headers);
			if (this.body.size() > 0 && request instanceof StreamingHttpOutputMessage streaming) {
				streaming.setBody(this.body.toByteArray());
			}
			else if (this.body.size() > 0) {
				this.body.writeTo(request.getBody());
			}
			return request.execute();
		}

	}

}

package io.mcpsecurity.test;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * A connection on which a test says to the byte what no HTTP client would say.
 */
public final class RawConnection implements AutoCloseable {

	private final Socket socket;

	private final InputStream in;

	private RawConnection(Socket socket) throws IOException {
		this.socket = socket;
		this.in = socket.getInputStream();
	}

	/**
	 * Connect to the server of a URL.
	 */
	public static RawConnection to(String url) {
		URI uri = URI.create(url);
		try {
			Socket socket = new Socket(uri.getHost(), uri.getPort());
			socket.setSoTimeout(30_000);
			return new RawConnection(socket);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Send something in UTF-8.
	 */
	public RawConnection send(String text) {
		return send(text.getBytes(StandardCharsets.UTF_8));
	}

	public RawConnection send(byte[] bytes) {
		try {
			this.socket.getOutputStream().write(bytes);
			this.socket.getOutputStream().flush();
			return this;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Say that nothing more will be sent.
	 */
	public RawConnection end() {
		try {
			this.socket.shutdownOutput();
			return this;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Read one answer whose length is known or that ends with the connection.
	 */
	public Answer read() {
		return read(false);
	}

	/**
	 * Read one answer.
	 * @param headOnly whether it has no body, whatever its headers say
	 */
	public Answer read(boolean headOnly) {
		try {
			String status = line();
			List<String> headers = new ArrayList<>();
			for (String header = line(); !header.isEmpty(); header = line()) {
				headers.add(header);
			}
			Answer head = new Answer(Integer.parseInt(status.split(" ")[1]), headers, "");
			return new Answer(head.status(), headers, headOnly ? "" : body(head));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private String body(Answer head) throws IOException {
		if (head.status() < 200) {
			return "";
		}
		String length = head.header("Content-Length");
		if (length != null) {
			return new String(this.in.readNBytes(Integer.parseInt(length)), StandardCharsets.UTF_8);
		}
		if (!"chunked".equals(head.header("Transfer-Encoding"))) {
			return new String(this.in.readAllBytes(), StandardCharsets.UTF_8);
		}
		StringBuilder body = new StringBuilder();
		for (int size = chunk(); size > 0; size = chunk()) {
			body.append(new String(this.in.readNBytes(size), StandardCharsets.UTF_8));
			line();
		}
		line();
		return body.toString();
	}

	private int chunk() throws IOException {
		return Integer.parseInt(line(), 16);
	}

	private String line() throws IOException {
		ByteArrayOutputStream line = new ByteArrayOutputStream();
		for (int c = this.in.read(); c != '\n'; c = this.in.read()) {
			if (c == -1) {
				throw new IOException("The server has closed the connection after '" + line + "'");
			}
			line.write(c);
		}
		return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
	}

	/**
	 * Whether the server has closed the connection, which is waited for.
	 */
	public boolean isClosed() {
		try {
			return this.in.read() == -1;
		}
		catch (IOException ex) {
			return true;
		}
	}

	/**
	 * Close with a reset in place of the usual end.
	 */
	public void reset() {
		try {
			this.socket.setSoLinger(true, 0);
			this.socket.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		try {
			this.socket.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * An answer.
	 */
	public record Answer(int status, List<String> headers, String body) {

		/**
		 * The first header of a name, or {@code null}.
		 */
		public @Nullable String header(String name) {
			String start = name.toLowerCase(Locale.ROOT) + ":";
			return this.headers.stream()
				.filter((header) -> header.toLowerCase(Locale.ROOT).startsWith(start))
				.map((header) -> header.substring(start.length()).trim())
				.findFirst()
				.orElse(null);
		}

	}

}

package io.mcpsecurity.soak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

import org.jspecify.annotations.Nullable;

/**
 * Many clients on one thread, each with a connection that it opens again when the server
 * closes it.
 */
final class Crowd implements AutoCloseable {

	private static final int CONNECTING_AT_ONCE = 400;

	private static final long BEFORE_COMING_AGAIN = 2_000_000_000;

	private final InetSocketAddress server;

	private final IntFunction<Attack> attacks;

	private final int size;

	private final Selector selector;

	private final Thread thread = new Thread(this::run, "crowd");

	private final Map<String, AtomicInteger> answers = new ConcurrentHashMap<>();

	private final List<Client> clients = new ArrayList<>();

	private final ByteBuffer input = ByteBuffer.allocate(16384);

	private int connecting;

	private volatile boolean ended;

	/**
	 * Begin.
	 * @param port the server's
	 * @param size how many clients
	 * @param attacks what each client does
	 */
	Crowd(int port, int size, IntFunction<Attack> attacks) {
		this.server = new InetSocketAddress("127.0.0.1", port);
		this.size = size;
		this.attacks = attacks;
		try {
			this.selector = Selector.open();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.thread.start();
	}

	/**
	 * What came of it: how often each status was answered, and connections closed.
	 */
	Map<String, Integer> answers() {
		Map<String, Integer> answers = new TreeMap<>();
		this.answers.forEach((what, count) -> answers.put(what, count.get()));
		return answers;
	}

	private void run() {
		try {
			for (int i = 0; i < this.size; i++) {
				this.clients.add(new Client(this.attacks.apply(i)));
			}
			while (!this.ended) {
				long now = System.nanoTime();
				for (Client client : this.clients) {
					client.step(now);
				}
				this.selector.select(10);
				for (SelectionKey key : this.selector.selectedKeys()) {
					((Client) key.attachment()).ready(key);
				}
				this.selector.selectedKeys().clear();
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		finally {
			this.clients.forEach(Client::hangUp);
		}
	}

	private void count(String what) {
		this.answers.computeIfAbsent(what, (key) -> new AtomicInteger()).incrementAndGet();
	}

	@Override
	public void close() {
		this.ended = true;
		try {
			this.thread.join();
			this.selector.close();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * What a client does.
	 *
	 * @param first what it sends at once
	 * @param then what it sends again and again
	 * @param pause how many milliseconds it waits before that
	 * @param onAnswer whether it sends the first again when it is answered
	 */
	record Attack(byte[] first, byte[] then, long pause, boolean onAnswer) {

		static Attack once(String first) {
			return new Attack(first.getBytes(StandardCharsets.UTF_8), new byte[0], 0, false);
		}

		static Attack trickle(String first, String then, long pause) {
			return new Attack(first.getBytes(StandardCharsets.UTF_8), then.getBytes(StandardCharsets.UTF_8), pause,
					false);
		}

		static Attack again(String first) {
			return new Attack(first.getBytes(StandardCharsets.UTF_8), new byte[0], 0, true);
		}

	}

	private final class Client {

		private final Attack attack;

		private @Nullable SocketChannel channel;

		private ByteBuffer output = ByteBuffer.allocate(0);

		private long sent;

		private boolean connected;

		private long next = System.nanoTime();

		Client(Attack attack) {
			this.attack = attack;
		}

		void step(long now) throws IOException {
			if (this.channel == null) {
				if (Crowd.this.connecting < CONNECTING_AT_ONCE && now >= this.next) {
					connect();
				}
			}
			else if (this.connected && !this.output.hasRemaining() && this.attack.then().length > 0
					&& now - this.sent >= this.attack.pause() * 1_000_000) {
				send(this.attack.then());
			}
		}

		private void connect() throws IOException {
			this.next = System.nanoTime() + BEFORE_COMING_AGAIN;
			SocketChannel channel = SocketChannel.open();
			channel.configureBlocking(false);
			this.channel = channel;
			this.connected = false;
			Crowd.this.connecting++;
			boolean done;
			try {
				done = channel.connect(Crowd.this.server);
			}
			catch (IOException ex) {
				// No port is left, for instance.
				lost();
				return;
			}
			SelectionKey key = channel.register(Crowd.this.selector, SelectionKey.OP_CONNECT, this);
			if (done) {
				connected(key);
			}
		}

		private void connected(SelectionKey key) {
			this.connected = true;
			Crowd.this.connecting--;
			key.interestOps(SelectionKey.OP_READ);
			count("connections");
			send(this.attack.first());
		}

		void ready(SelectionKey key) {
			try {
				if (key.isValid() && key.isConnectable() && key.channel() instanceof SocketChannel connecting) {
					connecting.finishConnect();
					connected(key);
				}
				else if (key.isValid() && key.isReadable()) {
					read();
				}
				if (key.isValid() && key.isWritable()) {
					write();
				}
			}
			catch (IOException ex) {
				lost();
			}
		}

		private void read() throws IOException {
			SocketChannel from = this.channel;
			if (from == null) {
				return;
			}
			Crowd.this.input.clear();
			int read = from.read(Crowd.this.input);
			if (read < 0) {
				lost();
				return;
			}
			String text = new String(Crowd.this.input.array(), 0, read, StandardCharsets.ISO_8859_1);
			if (text.startsWith("HTTP/1.1 ")) {
				count(text.substring(9, 12));
				if (this.attack.onAnswer()) {
					send(this.attack.first());
				}
			}
		}

		private void send(byte[] bytes) {
			this.output = ByteBuffer.wrap(bytes);
			this.sent = System.nanoTime();
			try {
				write();
			}
			catch (IOException ex) {
				lost();
			}
		}

		private void write() throws IOException {
			SocketChannel to = this.channel;
			if (to != null) {
				to.write(this.output);
				to.keyFor(Crowd.this.selector)
					.interestOps(SelectionKey.OP_READ | (this.output.hasRemaining() ? SelectionKey.OP_WRITE : 0));
			}
		}

		private void lost() {
			if (!this.connected) {
				Crowd.this.connecting--;
			}
			count("closed");
			hangUp();
		}

		void hangUp() {
			SocketChannel gone = this.channel;
			this.channel = null;
			this.output = ByteBuffer.allocate(0);
			if (gone != null) {
				try {
					gone.close();
				}
				catch (IOException ex) {
					// Gone in any case.
				}
			}
		}

	}

}

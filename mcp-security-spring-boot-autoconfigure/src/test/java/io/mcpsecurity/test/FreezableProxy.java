package io.mcpsecurity.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Stands between a client and a server on this machine. While frozen it takes what is
 * sent and passes nothing on, as a network does that lost the server. Where there is no
 * server it hangs up.
 */
public final class FreezableProxy implements AutoCloseable {

	private final ServerSocket entrance;

	private final int server;

	private final List<Socket> sockets = new CopyOnWriteArrayList<>();

	private volatile boolean frozen;

	/**
	 * Stand before the server at a port.
	 */
	public FreezableProxy(int server) {
		this.server = server;
		try {
			this.entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		run(this::accept);
	}

	public int port() {
		return this.entrance.getLocalPort();
	}

	public void freeze() {
		this.frozen = true;
	}

	/**
	 * Serve again. What was sent meanwhile is lost, and so are its connections.
	 */
	public void thaw() {
		closeSockets();
		this.frozen = false;
	}

	private void accept() throws IOException {
		while (!this.entrance.isClosed()) {
			Socket client = this.entrance.accept();
			this.sockets.add(client);
			run(() -> connect(client));
		}
	}

	private void connect(Socket client) throws IOException {
		try {
			Socket remote = new Socket(InetAddress.getLoopbackAddress(), this.server);
			this.sockets.add(remote);
			run(() -> pass(client, remote));
			run(() -> pass(remote, client));
		}
		catch (IOException ex) {
			client.close();
		}
	}

	private void pass(Socket from, Socket to) throws IOException {
		try (from; to) {
			byte[] buffer = new byte[8192];
			int length = from.getInputStream().read(buffer);
			while (length >= 0) {
				if (!this.frozen) {
					to.getOutputStream().write(buffer, 0, length);
				}
				length = from.getInputStream().read(buffer);
			}
		}
	}

	private void closeSockets() {
		this.sockets.forEach(FreezableProxy::close);
		this.sockets.clear();
	}

	private static void close(Socket socket) {
		try {
			socket.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void run(Work work) {
		Thread thread = new Thread(() -> {
			try {
				work.run();
			}
			catch (IOException ex) {
				// The connection has ended.
			}
		}, "freezable-proxy");
		thread.setDaemon(true);
		thread.start();
	}

	@Override
	public void close() {
		try {
			this.entrance.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		closeSockets();
	}

	private interface Work {

		void run() throws IOException;

	}

}

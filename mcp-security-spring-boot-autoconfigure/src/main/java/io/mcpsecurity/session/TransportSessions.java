package io.mcpsecurity.session;

import java.lang.reflect.Field;
import java.util.Collection;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.modelcontextprotocol.spec.McpStreamableServerSession;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.ai.mcp.server.webmvc.transport.WebMvcStreamableServerTransportProvider;
import org.springframework.util.ReflectionUtils;

/**
 * The sessions that Spring AI's transports keep until their clients end them, which many
 * clients never do. A transport has no method to end one, so it is taken out of the
 * transport's own map.
 */
public final class TransportSessions implements Consumer<String> {

	private static final Log logger = LogFactory.getLog(TransportSessions.class);

	private static final @Nullable Field SESSIONS = field();

	private final Supplier<Collection<WebMvcStreamableServerTransportProvider>> transports;

	/**
	 * Create the sessions of some transports.
	 * @param transports the transports, asked for when the first session is to be ended
	 */
	public TransportSessions(Supplier<Collection<WebMvcStreamableServerTransportProvider>> transports) {
		this.transports = transports;
	}

	/**
	 * End a session in the transport that has it.
	 * @param id the session's id
	 */
	@Override
	public void accept(String id) {
		for (WebMvcStreamableServerTransportProvider transport : this.transports.get()) {
			McpStreamableServerSession session = sessions(transport).get(id);
			if (session != null) {
				sessions(transport).remove(id);
				session.close();
			}
		}
	}

	@SuppressWarnings("unchecked")
	static Map<String, McpStreamableServerSession> sessions(WebMvcStreamableServerTransportProvider transport) {
		Object sessions = (SESSIONS != null) ? ReflectionUtils.getField(SESSIONS, transport) : null;
		return (sessions instanceof Map<?, ?>) ? (Map<String, McpStreamableServerSession>) sessions : Map.of();
	}

	private static @Nullable Field field() {
		Field field = ReflectionUtils.findField(WebMvcStreamableServerTransportProvider.class, "sessions");
		if (field == null) {
			logger.warn("The transport of this version of Spring AI keeps sessions in an unknown place: "
					+ "those that are over take memory until the server ends");
			return null;
		}
		ReflectionUtils.makeAccessible(field);
		return field;
	}

}

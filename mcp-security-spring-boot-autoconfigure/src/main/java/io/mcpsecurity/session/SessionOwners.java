package io.mcpsecurity.session;

/**
 * Remembers whom each session belongs to. A session that is not remembered does not
 * exist: its id is answered with 404, and its client opens another one.
 * <p>
 * Called by many threads at once, with every request. An exception refuses the request.
 */
public interface SessionOwners {

	/**
	 * A session has been opened. Its client does not know the id yet.
	 * @param sessionId the id, which nobody else must get to know
	 * @param owner whom it belongs to
	 */
	void open(String sessionId, SessionOwner owner);

	/**
	 * Whether a session belongs to somebody, who uses it if so.
	 * @param sessionId an id as a client sent it
	 * @param owner who sent it
	 */
	boolean use(String sessionId, SessionOwner owner);

	/**
	 * Give a session to another owner, if it still belongs to the first one. Of several
	 * that ask at once, one gets it.
	 * @param sessionId an id as a client sent it
	 * @param from whom it must belong to
	 * @param to whom it shall belong to
	 * @return whether it has been given
	 */
	boolean give(String sessionId, SessionOwner from, SessionOwner to);

	/**
	 * Whether a session exists, which is no use of it.
	 * @param sessionId the id
	 */
	boolean contains(String sessionId);

	/**
	 * A session has been ended by its owner.
	 * @param sessionId the id
	 */
	void close(String sessionId);

}

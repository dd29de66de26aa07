package io.mcpsecurity.invocation;

import io.mcpsecurity.authorization.AccessDecision;

/**
 * The HTTP response that an invocation is to be answered with, as far as the tool
 * boundary may know it.
 */
public interface PendingResponse {

	/**
	 * Answer like the HTTP gate denies, unless something has been sent already. What is
	 * written afterwards is dropped then.
	 * @param decision why the invocation is denied
	 */
	void deny(AccessDecision decision);

}

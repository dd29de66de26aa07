package io.mcpsecurity.authorizationserver;

/**
 * A place that must be told which clients an administrator has revoked. Adding or
 * removing a client a second time has no effect.
 */
interface RevokedClients {

	void add(String clientId);

	void remove(String clientId);

}

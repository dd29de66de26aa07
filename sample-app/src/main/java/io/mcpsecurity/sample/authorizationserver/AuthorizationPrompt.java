package io.mcpsecurity.sample.authorizationserver;

import java.util.Collection;
import java.util.List;

/**
 * Who asks for what: the facts on which a user decides.
 *
 * @param clientName the name that the client gives itself
 * @param clientId its id
 * @param selfRegistered whether nobody but the client says so
 * @param scopes what it asks for and the user may grant
 * @param withheld what it asks for and the user may not grant
 * @param resources where it wants to use it
 * @param destination where the answer is sent
 */
record AuthorizationPrompt(String clientName, String clientId, boolean selfRegistered, List<ScopePrompt> scopes,
		List<ScopePrompt> withheld, Collection<String> resources, String destination) {

}

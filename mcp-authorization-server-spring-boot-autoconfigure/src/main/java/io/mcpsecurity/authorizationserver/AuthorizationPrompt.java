package io.mcpsecurity.authorizationserver;

import java.util.Collection;
import java.util.List;

/**
 * The client and the requested access, as shown to the user who decides.
 *
 * @param clientName the name that the client gives itself
 * @param clientId its id
 * @param selfRegistered whether the client registered itself
 * @param scopes the requested scopes that the user may grant
 * @param withheld the requested scopes that the user may not grant
 * @param resources the requested resources
 * @param destination where the response is sent
 */
record AuthorizationPrompt(String clientName, String clientId, boolean selfRegistered, List<Scope> scopes,
		List<Scope> withheld, Collection<String> resources, String destination) {

}

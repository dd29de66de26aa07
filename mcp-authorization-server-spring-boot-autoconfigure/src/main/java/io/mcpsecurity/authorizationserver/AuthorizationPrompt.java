package io.mcpsecurity.authorizationserver;

import java.util.Collection;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The client and the requested access, as shown to the user who decides.
 *
 * @param clientName the name that the client gives itself
 * @param clientId its id
 * @param selfRegistered whether nobody but the client itself describes it
 * @param host the host that serves the client's metadata, or {@code null} if it has
 * registered
 * @param scopes the requested scopes that the user may grant
 * @param withheld the requested scopes that the user may not grant
 * @param resources the requested resources
 * @param destination where the response is sent
 */
record AuthorizationPrompt(String clientName, String clientId, boolean selfRegistered, @Nullable String host,
		List<Scope> scopes, List<Scope> withheld, Collection<String> resources, String destination) {

}

package io.mcpsecurity.authorizationserver;

import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpStatus;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.server.ResponseStatusException;

/**
 * The consent page. All data on it comes from the pending authorization. Of the request's
 * parameters only {@code state} is used, to find the authorization.
 */
@Controller
class ConsentController {

	private static final OAuth2TokenType STATE = new OAuth2TokenType(OAuth2ParameterNames.STATE);

	private final OAuth2AuthorizationService authorizations;

	private final RegisteredClientRepository clients;

	private final AuthorizationPrompts prompts;

	private final GrantableScopes grantableScopes;

	private final String server;

	ConsentController(OAuth2AuthorizationService authorizations, RegisteredClientRepository clients,
			AuthorizationPrompts prompts, GrantableScopes grantableScopes, AuthorizationServerModel server) {
		this.server = server.serverName();
		this.authorizations = authorizations;
		this.clients = clients;
		this.prompts = prompts;
		this.grantableScopes = grantableScopes;
	}

	@GetMapping("/consent")
	String consent(@RequestParam String state, Authentication user, HttpServletResponse response, Model model) {
		OAuth2Authorization waiting = state.isEmpty() ? null : this.authorizations.findByToken(state, STATE);
		OAuth2AuthorizationRequest request = requestOf(user, waiting);
		RegisteredClient client = (request != null) ? this.clients.findByClientId(request.getClientId()) : null;
		if (request == null || client == null) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "There is no pending authorization");
		}
		this.prompts.forConsent(request, this.grantableScopes.of(user))
			.ifPresent((prompt) -> model.addAttribute("prompt", prompt));
		model.addAttribute("server", this.server);
		model.addAttribute("state", state);
		model.addAttribute("user", SignIn.text(user));
		response.setHeader(PagePolicy.HEADER, PagePolicy
			.contentSecurityPolicyFor(AuthorizationPrompts.redirectUri(client, request.getRedirectUri())));
		return "authorization-server/consent";
	}

	private static @Nullable OAuth2AuthorizationRequest requestOf(Authentication user,
			@Nullable OAuth2Authorization waiting) {
		return (waiting != null && waiting.getPrincipalName().equals(user.getName()))
				? waiting.getAttribute(OAuth2AuthorizationRequest.class.getName()) : null;
	}

}

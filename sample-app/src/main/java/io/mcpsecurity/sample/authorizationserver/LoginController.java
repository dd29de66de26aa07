package io.mcpsecurity.sample.authorizationserver;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.security.core.Authentication;
import org.springframework.security.web.savedrequest.RequestCache;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;

/**
 * The login page. It shows the client that requests access, so that users know for which
 * client they sign in.
 */
@Controller
@ConditionalOnAuthorizationServer
class LoginController {

	private final AuthorizationPrompts prompts;

	private final RequestCache requestCache;

	LoginController(AuthorizationPrompts prompts, RequestCache requestCache) {
		this.prompts = prompts;
		this.requestCache = requestCache;
	}

	@GetMapping("/login")
	String login(HttpServletRequest request, HttpServletResponse response, @Nullable Authentication user, Model model) {
		this.prompts.forWaitingRequest(this.requestCache.getRequest(request, response))
			.ifPresent((prompt) -> model.addAttribute("prompt", prompt));
		if (user != null) {
			model.addAttribute("user", user.getName());
			model.addAttribute("administrator", request.isUserInRole(GrantableScopes.ADMIN));
		}
		return "authorization-server/login";
	}

}

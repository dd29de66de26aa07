package io.mcpsecurity.authorizationserver;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.security.core.Authentication;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;

/**
 * The login page. It shows the client that requests access, so that users know for which
 * client they sign in.
 */
@Controller
class LoginController {

	private final AuthorizationPrompts prompts;

	private final PageRequests requests;

	private final AuthorizationServerModel model;

	LoginController(AuthorizationPrompts prompts, PageRequests requests, AuthorizationServerModel model) {
		this.prompts = prompts;
		this.requests = requests;
		this.model = model;
	}

	@GetMapping("/login")
	String login(HttpServletRequest request, HttpServletResponse response, @Nullable Authentication user, Model page) {
		this.prompts.forWaitingRequest(this.requests.cache().getRequest(request, response))
			.ifPresent((prompt) -> page.addAttribute("prompt", prompt));
		page.addAttribute("server", this.model.serverName());
		if (user != null) {
			page.addAttribute("user", user.getName());
			page.addAttribute("administrator", request.isUserInRole(this.model.administratorRole()));
		}
		return "authorization-server/login";
	}

}

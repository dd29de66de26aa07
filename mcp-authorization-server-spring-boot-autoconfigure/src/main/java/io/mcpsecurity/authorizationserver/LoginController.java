package io.mcpsecurity.authorizationserver;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.security.core.Authentication;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestAttribute;

/**
 * The login page. It shows the client that requests access, so that users know for which
 * client they sign in.
 */
@Controller
class LoginController {

	private final AuthorizationPrompts prompts;

	private final PageRequests requests;

	private final AuthorizationServerModel model;

	private final SignIn signIn;

	LoginController(AuthorizationPrompts prompts, PageRequests requests, AuthorizationServerModel model,
			SignIn signIn) {
		this.signIn = signIn;
		this.prompts = prompts;
		this.requests = requests;
		this.model = model;
	}

	@GetMapping("/login")
	String login(HttpServletRequest request, HttpServletResponse response, @Nullable Authentication user,
			@RequestAttribute(name = FederatedLoginFailure.ATTRIBUTE,
					required = false) @Nullable FederatedLoginFailure failure,
			Model page) {
		this.prompts.forWaitingRequest(this.requests.cache().getRequest(request, response))
			.ifPresent((prompt) -> page.addAttribute("prompt", prompt));
		page.addAttribute("server", this.model.serverName());
		page.addAttribute("passwords", this.signIn.passwords());
		page.addAttribute("providers", this.signIn.links());
		page.addAttribute("failure", failure);
		if (user != null) {
			page.addAttribute("user", SignIn.text(user));
			page.addAttribute("administrator", request.isUserInRole(this.model.administratorRole()));
		}
		return "authorization-server/login";
	}

}

package io.mcpsecurity.sample;

import jakarta.servlet.http.HttpServletRequest;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.security.core.Authentication;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;

/** The page that users see after they have signed in without a client. */
@Controller
@ConditionalOnBooleanProperty("mcp-authorization-server.enabled")
class HomeController {

	@GetMapping("/")
	String home(HttpServletRequest request, Authentication user, Model model) {
		model.addAttribute("user", user.getName());
		model.addAttribute("administrator", request.isUserInRole("ADMIN"));
		return "home";
	}

}

package io.mcpsecurity.authorizationserver;

import java.util.List;
import java.util.Set;

import org.springframework.http.HttpStatus;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/**
 * The page on which an administrator sees the clients and changes the scopes that they
 * may request.
 */
@Controller
class ClientsController {

	private final ClientRegistry clients;

	private final AuthorizationServerModel model;

	ClientsController(ClientRegistry clients, AuthorizationServerModel model) {
		this.clients = clients;
		this.model = model;
	}

	@GetMapping("/admin/clients")
	String clients(Model page) {
		page.addAttribute("server", this.model.serverName());
		page.addAttribute("clients", this.clients.findAll().stream().map(Client::of).toList());
		page.addAttribute("scopes", this.model.scopes());
		return "authorization-server/clients";
	}

	@PostMapping("/admin/clients")
	String updateScopes(@RequestParam String client, @RequestParam(defaultValue = "") List<String> scope,
			RedirectAttributes redirect) {
		if (!this.model.scopeNames().containsAll(scope)) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "There is no such scope");
		}
		if (!this.clients.updateScopes(client, scope)) {
			throw new ResponseStatusException(HttpStatus.NOT_FOUND, "There is no such client");
		}
		redirect.addFlashAttribute("updated", client);
		return "redirect:/admin/clients";
	}

	/**
	 * A client as the page shows it.
	 *
	 * @param id the client id
	 * @param name the name that the client gives itself
	 * @param redirectUris its redirect URIs
	 * @param scopes the scopes that it may request
	 * @param selfRegistered whether the client registered itself
	 */
	record Client(String id, String name, Set<String> redirectUris, Set<String> scopes, boolean selfRegistered) {

		private static Client of(RegisteredClient client) {
			return new Client(client.getClientId(), client.getClientName(), client.getRedirectUris(),
					client.getScopes(), ClientRegistry.isSelfRegistered(client));
		}

	}

}

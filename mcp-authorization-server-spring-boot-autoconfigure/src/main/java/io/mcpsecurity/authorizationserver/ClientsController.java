package io.mcpsecurity.authorizationserver;

import java.util.List;
import java.util.Set;

import io.mcpsecurity.authorizationserver.ClientStore.StoredClient;

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
 * The page on which an administrator sees the clients, changes the scopes that they may
 * request, and revokes them.
 */
@Controller
class ClientsController {

	private static final String PATH = AuthorizationServerChains.CLIENTS;

	private final ClientRegistry clients;

	private final ClientRevocation revocation;

	private final AuthorizationServerModel model;

	ClientsController(ClientRegistry clients, ClientRevocation revocation, AuthorizationServerModel model) {
		this.clients = clients;
		this.revocation = revocation;
		this.model = model;
	}

	@GetMapping(PATH)
	String clients(Model page) {
		page.addAttribute("server", this.model.serverName());
		page.addAttribute("clients", this.clients.findAll().stream().map(Client::of).toList());
		page.addAttribute("scopes", this.model.scopes());
		return "authorization-server/clients";
	}

	@PostMapping(path = PATH, params = "action=revoke")
	String revoke(@RequestParam String client, RedirectAttributes redirect) {
		return done(this.revocation.revoke(client), client, redirect);
	}

	@PostMapping(path = PATH, params = "action=restore")
	String restore(@RequestParam String client, RedirectAttributes redirect) {
		return done(this.revocation.restore(client), client, redirect);
	}

	@PostMapping(path = PATH, params = "!action")
	String updateScopes(@RequestParam String client, @RequestParam(defaultValue = "") List<String> scope,
			RedirectAttributes redirect) {
		if (!this.model.scopeNames().containsAll(scope)) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "There is no such scope");
		}
		return done(this.clients.updateScopes(client, scope), client, redirect);
	}

	private static String done(boolean found, String client, RedirectAttributes redirect) {
		if (!found) {
			throw new ResponseStatusException(HttpStatus.NOT_FOUND, "There is no such client");
		}
		redirect.addFlashAttribute("updated", client);
		return "redirect:" + PATH;
	}

	/**
	 * A client as the page shows it.
	 *
	 * @param id the client id
	 * @param name the name that the client gives itself
	 * @param redirectUris its redirect URIs
	 * @param scopes the scopes that it may request
	 * @param selfRegistered whether the client registered itself
	 * @param revoked whether the client is revoked
	 */
	record Client(String id, String name, Set<String> redirectUris, Set<String> scopes, boolean selfRegistered,
			boolean revoked) {

		private static Client of(StoredClient stored) {
			RegisteredClient client = stored.client();
			return new Client(client.getClientId(), client.getClientName(), client.getRedirectUris(),
					client.getScopes(), ClientRegistry.isSelfRegistered(client), stored.revoked());
		}

	}

}

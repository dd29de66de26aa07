package io.mcpsecurity.authorizationserver;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import org.springframework.core.convert.converter.Converter;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.oauth2.client.authentication.OAuth2AuthenticationToken;
import org.springframework.security.oauth2.client.authentication.OAuth2LoginAuthenticationToken;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.user.DefaultOAuth2User;
import org.springframework.security.oauth2.core.user.OAuth2User;
import org.springframework.util.Assert;

/**
 * Converts a user who has signed in at a provider to a user of this server, who has a
 * name, roles and a text for the pages, and nothing else. The session and the stored
 * authorizations contain neither the ID token nor other claims of the provider.
 */
final class FederatedUsers implements Converter<OAuth2LoginAuthenticationToken, OAuth2AuthenticationToken> {

	/** The error of a user without a role. */
	static final String NO_ROLE = "no_role";

	/** The error of a user without a usable subject. */
	static final String NO_SUBJECT = "no_subject";

	private static final String NAME = "sub";

	private static final String TEXT = "name";

	private static final int MAX_TEXT_LENGTH = 80;

	private final Federation federation;

	FederatedUsers(Federation federation) {
		this.federation = federation;
	}

	@Override
	public OAuth2AuthenticationToken convert(OAuth2LoginAuthenticationToken login) {
		OAuth2User user = login.getPrincipal();
		Assert.state(user != null, "A user has signed in");
		String registrationId = login.getClientRegistration().getRegistrationId();
		Map<String, Object> claims = user.getAttributes();
		String name = this.federation.userName(registrationId, claims);
		if (name == null) {
			throw new OAuth2AuthenticationException(NO_SUBJECT);
		}
		Set<String> roles = this.federation.roles(registrationId, claims);
		if (roles.isEmpty()) {
			throw new OAuth2AuthenticationException(NO_ROLE);
		}
		List<GrantedAuthority> authorities = roles.stream()
			.<GrantedAuthority>map((role) -> new SimpleGrantedAuthority("ROLE_" + role))
			.toList();
		Map<String, Object> attributes = new HashMap<>();
		attributes.put(NAME, name);
		attributes.put(TEXT, text(claims, name));
		return new OAuth2AuthenticationToken(new DefaultOAuth2User(authorities, attributes, NAME), authorities,
				registrationId);
	}

	/** Only for the pages, as users know themselves; it identifies nobody. */
	private static String text(Map<String, Object> claims, String name) {
		return Stream.of("name", "preferred_username", "email")
			.map((claim) -> (claims.get(claim) instanceof String text) ? text.replaceAll("\\p{C}", "").strip() : "")
			.filter((text) -> !text.isEmpty())
			.map((text) -> (text.length() > MAX_TEXT_LENGTH) ? text.substring(0, MAX_TEXT_LENGTH) : text)
			.findFirst()
			.orElse(name);
	}

}

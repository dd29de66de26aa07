package io.mcpsecurity.authorizationserver;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.client.authentication.OAuth2AuthenticationToken;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/**
 * The providers at which users sign in, and what the claims of their users mean here: the
 * subject of tokens, and roles. A missing or wrong property is an
 * {@link InvalidConfigurationPropertyValueException}.
 */
final class Federation {

	private static final Log logger = LogFactory.getLog(Federation.class);

	private static final String CLIENT = "org.springframework.security.oauth2.client.registration.ClientRegistrationRepository";

	/** Characters that neither a path nor {@link #SEPARATOR} needs escaped. */
	private static final Pattern REGISTRATION_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

	private static final String SEPARATOR = "|";

	/** Visible text of a length that every store has room for. */
	private static final Pattern SUBJECT = Pattern.compile("\\P{C}{1,255}");

	private static final String SUB = "sub";

	/** Claims that providers let users change, or assign to another user later. */
	private static final Set<String> REASSIGNABLE = Set.of("email", "preferred_username", "upn", "unique_name", "name",
			"nickname", "username", "login", "phone_number", "cognito:username");

	private final Map<String, AuthorizationServerProperties.Provider> providers;

	Federation(AuthorizationServerProperties properties, AuthorizationServerModel model) {
		this.providers = properties.federation();
		if (!this.providers.isEmpty() && !ClassUtils.isPresent(CLIENT, null)) {
			throw AuthorizationServerModel.invalid("federation", this.providers.keySet(),
					"Set no provider, or add the dependency org.springframework.boot:spring-boot-starter-security-oauth2-client.");
		}
		this.providers.forEach((id, provider) -> check(id, provider, model));
		properties.users().keySet().stream().filter(this::isReserved).findFirst().ifPresent((name) -> {
			throw AuthorizationServerModel.invalid("users." + name, "",
					"Set another name. Names with this prefix are those of the users of a provider.");
		});
	}

	private static void check(String id, AuthorizationServerProperties.Provider provider,
			AuthorizationServerModel model) {
		String property = "federation." + id;
		if (!REGISTRATION_ID.matcher(id).matches()) {
			throw AuthorizationServerModel.invalid(property, id,
					"Set the id of a client registration that consists of ASCII letters, digits, '.', '_' and '-'.");
		}
		if (provider.roles().isEmpty() && provider.defaultRoles().isEmpty()) {
			throw AuthorizationServerModel.invalid(property + ".roles", "",
					"Set roles by values of roles-claim, or default-roles. Users without a role cannot sign in.");
		}
		if (StringUtils.hasText(provider.rolesClaim()) == provider.roles().isEmpty()) {
			throw AuthorizationServerModel.invalid(property + ".roles-claim", provider.rolesClaim(),
					"Set it together with roles: it is the claim whose values are the keys of roles.");
		}
		provider.roles().forEach((value, roles) -> known(property + ".roles[" + value + "]", roles, model));
		known(property + ".default-roles", provider.defaultRoles(), model);
		if (provider.subjectClaim() != null && REASSIGNABLE.contains(provider.subjectClaim())) {
			logger.warn(("Users of the provider %s are identified by the claim %s, which they may be able to change, "
					+ "and which may be assigned to another user later.")
				.formatted(id, provider.subjectClaim()));
		}
	}

	private static void known(String property, List<String> roles, AuthorizationServerModel model) {
		for (String role : roles) {
			if (!model.hasRole(role)) {
				throw AuthorizationServerModel.invalid(property, role,
						"Set roles of mcp-authorization-server.roles, or the administrator-role.");
			}
		}
	}

	/** The ids of the client registrations of the providers. */
	Set<String> registrationIds() {
		return this.providers.keySet();
	}

	/** The configured claim that identifies users, or {@code null}. */
	@Nullable String subjectClaim(String registrationId) {
		return provider(registrationId).subjectClaim();
	}

	/** Whether a name is reserved for the users of a provider. */
	private boolean isReserved(String userName) {
		return registrationIds().stream().anyMatch((id) -> userName.startsWith(id + SEPARATOR));
	}

	/**
	 * Whether a user has a name that is reserved for the users of a provider, without
	 * having signed in there. Both would be the same subject in tokens.
	 */
	boolean isNameOfOther(Authentication user) {
		return registrationIds().stream()
			.anyMatch((id) -> user.getName().startsWith(id + SEPARATOR)
					&& !(user instanceof OAuth2AuthenticationToken federated
							&& federated.getAuthorizedClientRegistrationId().equals(id)));
	}

	/**
	 * The name of a user, which becomes the subject of tokens. OpenID Connect Core
	 * section 5.7: only the issuer together with {@code sub} identifies a user; all other
	 * claims may change or be assigned to another user. The registration id stands for
	 * the issuer.
	 * @return the name, or {@code null} if the claim is missing or unusable
	 */
	@Nullable String userName(String registrationId, Map<String, Object> claims) {
		String claim = subjectClaim(registrationId);
		Object subject = claims.get(StringUtils.hasText(claim) ? claim : SUB);
		boolean usable = (subject instanceof String || subject instanceof Integer || subject instanceof Long)
				&& SUBJECT.matcher(subject.toString()).matches();
		return usable ? registrationId + SEPARATOR + subject : null;
	}

	/**
	 * The roles of a user here. Values of the claim without a configured role have no
	 * meaning, and neither has a claim that is not a string or a list of strings.
	 */
	Set<String> roles(String registrationId, Map<String, Object> claims) {
		AuthorizationServerProperties.Provider provider = provider(registrationId);
		Set<String> roles = new LinkedHashSet<>(provider.defaultRoles());
		String claim = provider.rolesClaim();
		for (String value : (claim != null) ? strings(find(claims, claim)) : List.<String>of()) {
			roles.addAll(provider.roles().getOrDefault(value, List.of()));
		}
		return roles;
	}

	private AuthorizationServerProperties.Provider provider(String registrationId) {
		AuthorizationServerProperties.Provider provider = this.providers.get(registrationId);
		if (provider == null) {
			throw new IllegalArgumentException("No provider " + registrationId);
		}
		return provider;
	}

	/**
	 * The value at a path, whose parts are separated by dots. The name of a claim may
	 * itself contain dots, such as {@code https://example.com/roles}.
	 */
	private static @Nullable Object find(Map<?, ?> claims, String path) {
		if (claims.containsKey(path)) {
			return claims.get(path);
		}
		for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
			if (claims.get(path.substring(0, dot)) instanceof Map<?, ?> nested) {
				Object value = find(nested, path.substring(dot + 1));
				if (value != null) {
					return value;
				}
			}
		}
		return null;
	}

	private static List<String> strings(@Nullable Object value) {
		List<String> strings = new ArrayList<>();
		for (Object element : (value instanceof Collection<?> several) ? several
				: List.of((value != null) ? value : 0)) {
			if (element instanceof String string) {
				strings.add(string);
			}
		}
		return strings;
	}

}

package io.mcpsecurity.autoconfigure.testcontainers;

import dasniko.testcontainers.keycloak.KeycloakContainer;
import io.mcpsecurity.autoconfigure.AuthorizationServerConnectionDetails;
import io.mcpsecurity.token.Provider;

import org.springframework.boot.testcontainers.service.connection.ContainerConnectionDetailsFactory;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionSource;

/**
 * Takes the issuer from a {@code KeycloakContainer} with {@code @ServiceConnection}. Its
 * realm is the one that the container's label {@value #REALM_LABEL} names, or else the
 * only one that it has besides {@code master}.
 */
class KeycloakContainerConnectionDetailsFactory
		extends ContainerConnectionDetailsFactory<KeycloakContainer, AuthorizationServerConnectionDetails> {

	static final String REALM_LABEL = "io.mcpsecurity.realm";

	@Override
	protected AuthorizationServerConnectionDetails getContainerConnectionDetails(
			ContainerConnectionSource<KeycloakContainer> source) {
		return new KeycloakContainerConnectionDetails(source);
	}

	private static final class KeycloakContainerConnectionDetails extends ContainerConnectionDetails<KeycloakContainer>
			implements AuthorizationServerConnectionDetails {

		private KeycloakContainerConnectionDetails(ContainerConnectionSource<KeycloakContainer> source) {
			super(source);
		}

		@Override
		public String getIssuer() {
			KeycloakContainer keycloak = getContainer();
			String url = keycloak.getAuthServerUrl();
			String realm = keycloak.getLabels().get(REALM_LABEL);
			if (realm == null) {
				realm = new KeycloakRealms(url, keycloak.getAdminUsername(), keycloak.getAdminPassword()).only();
			}
			return url + (url.endsWith("/") ? "" : "/") + "realms/" + realm;
		}

		@Override
		public Provider getProvider() {
			return Provider.KEYCLOAK;
		}

	}

}

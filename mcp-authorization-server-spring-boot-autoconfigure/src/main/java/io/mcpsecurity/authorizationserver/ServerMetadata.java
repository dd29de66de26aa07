package io.mcpsecurity.authorizationserver;

import java.util.List;
import java.util.function.Consumer;

import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationServerMetadata;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationServerMetadataClaimNames;

/**
 * Adds the metadata (RFC 8414) that MCP clients need, and removes entries that no client
 * can use here.
 */
final class ServerMetadata implements Consumer<OAuth2AuthorizationServerMetadata.Builder> {

	private static final List<String> CONFIDENTIAL = List.of(ClientAuthenticationMethod.CLIENT_SECRET_BASIC.getValue(),
			ClientAuthenticationMethod.CLIENT_SECRET_POST.getValue());

	private final AuthorizationServerModel model;

	private final boolean documents;

	/**
	 * Create it.
	 * @param documents whether a client id can be the URL of a metadata document
	 */
	ServerMetadata(AuthorizationServerModel model, boolean documents) {
		this.model = model;
		this.documents = documents;
	}

	@Override
	public void accept(OAuth2AuthorizationServerMetadata.Builder metadata) {
		metadata.scopes((scopes) -> scopes.addAll(this.model.scopeNames()))
			.tokenEndpointAuthenticationMethods((methods) -> {
				replace(methods);
				methods.add(ClientAuthenticationMethod.NONE.getValue());
			})
			.tokenIntrospectionEndpointAuthenticationMethods(ServerMetadata::replace)
			.tokenRevocationEndpointAuthenticationMethods(ServerMetadata::replace)
			// RFC 9207 section 3
			.claim("authorization_response_iss_parameter_supported", true)
			// draft-ietf-oauth-client-id-metadata-document
			.claim("client_id_metadata_document_supported", this.documents)
			// RFC 9728 section 4
			.claim("protected_resources", List.copyOf(this.model.resources()))
			.claims((claims) -> claims
				.remove(OAuth2AuthorizationServerMetadataClaimNames.TLS_CLIENT_CERTIFICATE_BOUND_ACCESS_TOKENS));
	}

	private static void replace(List<String> methods) {
		methods.clear();
		methods.addAll(CONFIDENTIAL);
	}

}

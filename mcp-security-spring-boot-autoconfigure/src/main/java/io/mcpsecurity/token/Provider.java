package io.mcpsecurity.token;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * The authorization servers whose access tokens are known. This table contains all
 * differences between them, and configuration can replace every entry.
 */
public enum Provider {

	/**
	 * Keycloak. The claim {@code typ} of its ID and refresh tokens is {@code ID},
	 * {@code Refresh} or {@code Offline}.
	 */
	KEYCLOAK(preset().types("jwt", "at+jwt").mark("typ", "Bearer", "DPoP").scopes("scope").client("azp", "client_id")),

	/** ThunderID. Its ID tokens are of the type {@code JWT}. */
	THUNDERID(preset().types("at+jwt").scopes("scope").client("client_id")),

	/**
	 * FusionAuth. ID tokens name the same application in {@code aud}, and have neither
	 * {@code scope} nor {@code tty} of that value.
	 */
	FUSIONAUTH(preset().types("jwt")
		.audienceNeeded("the id of the application")
		.mark("tty", "at")
		.mark("scope", TokenProfile.ANY)
		.scopes("scope")
		.client("applicationId")),

	/**
	 * PingOne Advanced Identity Cloud and PingAM, with client-side tokens.
	 * {@code tokenName} distinguishes ID tokens and refresh tokens.
	 */
	PING_AIC(preset().types("jwt", "at+jwt").mark("tokenName", "access_token").scopes("scope").client("client_id")),

	/**
	 * PingOne. ID tokens have no {@code client_id}; tokens of the client credentials
	 * grant have no {@code sub}.
	 */
	PINGONE(preset().types("at+jwt", TokenProfile.NO_TYPE)
		.mark("client_id", TokenProfile.ANY)
		.scopes("scope")
		.client("client_id")
		.clientAsSubject()),

	/** Okta. ID tokens have no {@code cid}. */
	OKTA(preset().types(TokenProfile.NO_TYPE, "at+jwt")
		.audience("api://default")
		.mark("cid", TokenProfile.ANY)
		.scopes("scp")
		.client("cid")),

	/**
	 * Microsoft Entra ID, v2.0 and v1.0 tokens. ID tokens have neither {@code azp} nor
	 * {@code appid}. Permissions of an application, without a user, are in {@code roles}.
	 * {@code acrs} contains authentication contexts; {@code acr} of v1.0 tokens does not.
	 */
	ENTRA(preset().types("jwt")
		.audienceNeeded("the application (client) id of the API, or its application id URI for v1.0 tokens")
		.mark("azp", TokenProfile.ANY)
		.mark("appid", TokenProfile.ANY)
		.scopes("scp")
		.appScopes("roles")
		.client("azp", "appid")
		.acr("acrs")),

	/** Auth0, both profiles of access tokens. ID tokens name no client but in aud. */
	AUTH0(preset().types("jwt", "at+jwt")
		.mark("azp", TokenProfile.ANY)
		.mark("client_id", TokenProfile.ANY)
		.scopes("scope")
		.client("client_id", "azp")),

	/**
	 * Amazon Cognito. Access tokens have no {@code aud} unless a resource was requested,
	 * so the client they were issued to is checked instead.
	 */
	COGNITO(preset().types(TokenProfile.NO_TYPE)
		.audienceClaim("client_id")
		.audienceNeeded("the ids of the app clients that may call this server")
		.mark("token_use", "access")
		.scopes("scope")
		.client("client_id")),

	/** Spring Authorization Server. Its ID tokens, and only they, have {@code azp}. */
	SPRING(preset().types(TokenProfile.NO_TYPE, "at+jwt").refused("azp").scopes("scope").client("client_id")),

	/** Any other: the claims with the usual names. */
	GENERIC(preset().types("jwt", "at+jwt", TokenProfile.NO_TYPE)
		.scopes("scope", "scp")
		.client("client_id", "azp", "cid", "appid", "applicationId"));

	private final TokenProfile profile;

	private final @Nullable String audienceNeeded;

	Provider(Preset preset) {
		this.profile = preset.profile();
		this.audienceNeeded = preset.audienceNeeded;
	}

	TokenProfile profile() {
		return this.profile;
	}

	/**
	 * A description of the audience that must be configured, or {@code null} if there is
	 * a default.
	 */
	public @Nullable String audienceNeeded() {
		return this.audienceNeeded;
	}

	public String text() {
		return name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

	private static Preset preset() {
		return new Preset();
	}

	/** Builds an entry of the table above. */
	private static final class Preset {

		private List<String> types = List.of();

		private ClaimPointer audienceClaim = TokenProfile.AUD;

		private List<String> audiences = List.of();

		private @Nullable String audienceNeeded;

		private final Map<String, List<String>> marks = new LinkedHashMap<>();

		private List<String> refused = List.of();

		private List<ClaimPointer> scopes = List.of();

		private List<ClaimPointer> appScopes = List.of();

		private List<ClaimPointer> client = List.of();

		private List<ClaimPointer> acr = pointers("acr");

		private boolean clientAsSubject;

		Preset types(String... types) {
			this.types = List.of(types);
			return this;
		}

		Preset audienceClaim(String claim) {
			this.audienceClaim = ClaimPointer.of(claim);
			return this;
		}

		Preset audience(String audience) {
			this.audiences = List.of(audience);
			return this;
		}

		Preset audienceNeeded(String what) {
			this.audienceNeeded = what;
			return this;
		}

		Preset mark(String claim, String... values) {
			this.marks.put(claim, List.of(values));
			return this;
		}

		Preset refused(String... claims) {
			this.refused = List.of(claims);
			return this;
		}

		Preset scopes(String... claims) {
			this.scopes = pointers(claims);
			return this;
		}

		Preset appScopes(String... claims) {
			this.appScopes = pointers(claims);
			return this;
		}

		Preset client(String... claims) {
			this.client = pointers(claims);
			return this;
		}

		Preset acr(String... claims) {
			this.acr = pointers(claims);
			return this;
		}

		Preset clientAsSubject() {
			this.clientAsSubject = true;
			return this;
		}

		TokenProfile profile() {
			return new TokenProfile(this.types, this.audienceClaim, this.audiences, this.marks, this.refused,
					new TokenProfile.Claims(this.scopes, this.appScopes, this.client, ClaimPointer.of("act"), this.acr,
							ClaimPointer.of("auth_time"), null, this.clientAsSubject));
		}

		private static List<ClaimPointer> pointers(String... claims) {
			return Stream.of(claims).map(ClaimPointer::of).toList();
		}

	}

}

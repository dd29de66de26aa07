package io.mcpsecurity.sample.keycloak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The realm, the compose file, the profile and the build speak of one Keycloak.
 */
class KeycloakFilesTests {

	private static final JsonMapper JSON = JsonMapper.shared();

	private final JsonNode realm = JSON.readTree(read(KeycloakServer.REALM));

	private final JsonNode compose = JSON.valueToTree(new Yaml().<Object>load(read(Path.of("compose.yaml"))))
		.at("/services/keycloak");

	@Test
	void issuerOfProfileIsRealmOfComposeFile() {
		String issuer = this.compose.at("/environment/KC_HOSTNAME").asString() + "/realms/"
				+ this.realm.path("realm").asString();
		assertThat(read(Path.of("src/main/resources/application.yml"))).contains("issuer-uri: " + issuer + "\n");
		assertThat(this.compose.at("/volumes/0").asString()).startsWith("./" + KeycloakServer.REALM + ":");
	}

	@Test
	void keycloakVersionsAreEqual() {
		String version = between(read(Path.of("../pom.xml")), "<keycloak.version>", "</keycloak.version>");
		assertThat(List.of(this.compose.path("image").asString(),
				between(read(Path.of("src/test/java/io/mcpsecurity/sample/SampleWithKeycloak.java")),
						"KeycloakContainer(\"", "\")")))
			.containsOnly("quay.io/keycloak/keycloak:" + version);
	}

	@Test
	void audienceOfRealmTokensIsSample() {
		JsonNode basic = this.realm.path("clientScopes").path(0);
		assertThat(basic.path("name").asString()).isEqualTo("basic");
		assertThat(basic.path("protocolMappers")
			.valueStream()
			.map((mapper) -> mapper.path("config").path("included.client.audience").asString(""))
			.filter((audience) -> !audience.isEmpty())).containsExactly(KeycloakTestBase.RESOURCE);
	}

	private static String between(String text, String start, String end) {
		int from = text.indexOf(start) + start.length();
		return text.substring(from, text.indexOf(end, from));
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}

package io.mcpsecurity.sample.keycloak;

import java.util.List;

import com.github.dockerjava.api.DockerClient;
import dasniko.testcontainers.keycloak.KeycloakContainer;
import org.testcontainers.images.PullPolicy;

import org.springframework.test.util.TestSocketUtils;

/**
 * Keycloak in a container, from the official image, as it starts for development.
 */
final class ContainedKeycloak extends KeycloakServer {

	private final KeycloakContainer container;

	private final String url;

	/**
	 * Create the container; it is not started yet.
	 * @param version the version of Keycloak
	 */
	ContainedKeycloak(String version) {
		int port = TestSocketUtils.findAvailableTcpPort();
		this.container = new KeycloakContainer("quay.io/keycloak/keycloak:" + version)
			// Its default pulls an image anew that is older than a day.
			.withImagePullPolicy(PullPolicy.defaultPolicy())
			.withRealmImportFile(REALM.getFileName().toString())
			.withStartupTimeout(PATIENCE);
		// The same port after a restart, because it is part of the issuer identifier.
		this.container.setPortBindings(List.of(port + ":8080"));
		this.url = "http://" + this.container.getHost() + ":" + port;
		this.container.withEnv("KC_HOSTNAME", this.url);
	}

	@Override
	public String url() {
		return this.url;
	}

	@Override
	public void start() {
		if (this.container.getContainerId() == null) {
			this.container.start();
		}
		else {
			docker().startContainerCmd(this.container.getContainerId()).exec();
		}
		awaitRealm(() -> true);
	}

	@Override
	public void stop() {
		if (this.container.isRunning()) {
			docker().stopContainerCmd(this.container.getContainerId()).exec();
		}
	}

	@Override
	public void close() {
		this.container.stop();
	}

	private DockerClient docker() {
		return this.container.getDockerClient();
	}

}

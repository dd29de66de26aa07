package io.mcpsecurity.authorization;

import java.util.List;
import java.util.Map;
import java.util.Set;

import io.mcpsecurity.authorization.ScopeCatalogue.Entry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Names that differ between token, rule and challenge.
 */
class ScopeCatalogueTests {

	private final ScopeCatalogue catalogue = new ScopeCatalogue(
			Map.of("records:browse", new Entry("See records", List.of("browse", "Reader"), "api://x/browse"),
					"records:purge", new Entry(null, List.of("Admin"), null), "records:export",
					new Entry("Take records away", List.of("Admin", "records:export"), null), "records:plain",
					new Entry("Plain", List.of(), null)));

	@Test
	void aliasGrantsMappedScopes() {
		assertThat(this.catalogue.granted(Set.of("browse"))).containsExactly("records:browse");
		assertThat(this.catalogue.granted(Set.of("Reader"))).containsExactly("records:browse");
		assertThat(this.catalogue.granted(Set.of("Admin"))).containsExactlyInAnyOrder("records:purge",
				"records:export");
	}

	@Test
	void scopeWithoutAliasGrantsItself() {
		assertThat(this.catalogue.granted(Set.of("other", "records:plain"))).containsExactlyInAnyOrder("other",
				"records:plain");
		assertThat(ScopeCatalogue.EMPTY.granted(Set.of("a"))).containsExactly("a");
	}

	@Test
	void scopeWithAliasIsNotGrantedByItsOwnName() {
		assertThat(this.catalogue.granted(Set.of("records:purge", "records:browse"))).isEmpty();
		assertThat(this.catalogue.granted(Set.of("records:export"))).containsExactly("records:export");
	}

	@Test
	void aliasesAreCaseSensitive() {
		assertThat(this.catalogue.granted(Set.of("admin", "ADMIN", "Admin "))).containsExactlyInAnyOrder("admin",
				"ADMIN", "Admin ");
	}

	@Test
	void requestedScopesAreMappedToRequestNames() {
		assertThat(this.catalogue.requested(List.of("records:browse", "records:purge", "other")))
			.containsExactly("api://x/browse", "records:purge", "other");
	}

	@Test
	void descriptionIsNullUnlessConfigured() {
		assertThat(this.catalogue.description("records:browse")).isEqualTo("See records");
		assertThat(this.catalogue.description("records:purge")).isNull();
		assertThat(this.catalogue.description("other")).isNull();
	}

}

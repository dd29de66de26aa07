package io.mcpsecurity.sample.archive;

import org.jspecify.annotations.Nullable;

import org.springframework.context.annotation.Profile;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/**
 * The archive: another resource server, with an audience of its own. It is in the same
 * process only so that the sample starts with one command.
 */
@RestController
@Profile("archive")
class ArchiveController {

	@PostMapping("/archive/reprints")
	Reprint order(@RequestBody Order order, @AuthenticationPrincipal Jwt token) {
		return new Reprint(order.record(), token.getSubject(), token.getClaimAsMap("act"), token.getAudience().get(0));
	}

	record Order(int record) {
	}

	/**
	 * An order.
	 *
	 * @param record the record's number
	 * @param orderedFor the user
	 * @param orderedBy the servers and agents that act for the user, if the token names
	 * them
	 * @param audience the resource that the token is for
	 */
	record Reprint(int record, String orderedFor, @Nullable Object orderedBy, String audience) {
	}

}

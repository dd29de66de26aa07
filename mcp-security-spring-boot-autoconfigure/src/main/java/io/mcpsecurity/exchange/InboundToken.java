package io.mcpsecurity.exchange;

import io.mcpsecurity.hash.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * The text of a verified access token, for exchanging it for a token of another service.
 * No method but {@link #text} reveals it.
 */
public final class InboundToken {

	private final String text;

	/** Computed lazily; concurrent computations have the same result. */
	private volatile @Nullable Sha256 hash;

	public InboundToken(String text) {
		this.text = text;
	}

	/** The token itself, which must not be stored, shown or sent to any service. */
	public String text() {
		return this.text;
	}

	/** Identifies the token without revealing it. */
	public Sha256 hash() {
		Sha256 hash = this.hash;
		if (hash == null) {
			hash = Sha256.of(this.text);
			this.hash = hash;
		}
		return hash;
	}

}

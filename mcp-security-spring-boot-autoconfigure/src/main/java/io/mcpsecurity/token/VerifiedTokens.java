package io.mcpsecurity.token;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Ticker;
import io.mcpsecurity.hash.Sha256;
import org.jspecify.annotations.Nullable;

import org.springframework.security.authentication.AuthenticationServiceException;

/**
 * The tokens that were verified at one MCP endpoint a moment ago. One that comes again is
 * recognized by its hash, and good as long as {@link VerifiedToken#isStillGood} says so.
 * <p>
 * Only good tokens are kept. Bad ones take no room from them, however many come: a token
 * that is being verified is noted elsewhere, and only as long as that takes. Requests
 * that bring the same new token at the same time have it verified once; requests with
 * other tokens do not wait for it.
 */
public final class VerifiedTokens {

	private final Cache<Sha256, VerifiedToken> verified;

	private final ConcurrentMap<Sha256, CompletableFuture<VerifiedToken>> underWay = new ConcurrentHashMap<>();

	private final LongAdder hits = new LongAdder();

	private final LongAdder misses = new LongAdder();

	private final LongAdder evicted = new LongAdder();

	VerifiedTokens(Settings settings, Ticker ticker) {
		this.verified = Caffeine.newBuilder()
			.maximumSize(settings.maxSize())
			.expireAfterWrite(settings.timeToLive())
			.ticker(ticker)
			// Looked after by the requests themselves: no threads of its own.
			.executor(Runnable::run)
			.evictionListener((key, value, cause) -> {
				if (cause == RemovalCause.SIZE) {
					this.evicted.increment();
				}
			})
			.build();
	}

	/**
	 * What is known of a token, verified now if need be.
	 * @param token the token's text
	 * @param verify verifies a token; what it throws is thrown to everybody who waits for
	 * it, and not remembered
	 */
	VerifiedToken get(String token, Function<String, VerifiedToken> verify) {
		Sha256 hash = Sha256.of(token);
		VerifiedToken known = find(hash);
		if (known != null) {
			return known;
		}
		CompletableFuture<VerifiedToken> own = new CompletableFuture<>();
		CompletableFuture<VerifiedToken> others = this.underWay.putIfAbsent(hash, own);
		if (others != null) {
			return await(others);
		}
		try {
			// Another request may have verified it since.
			VerifiedToken result = find(hash);
			if (result == null) {
				this.misses.increment();
				result = verify.apply(token);
				this.verified.put(hash, result);
			}
			own.complete(result);
			return result;
		}
		catch (RuntimeException | Error ex) {
			own.completeExceptionally(ex);
			throw ex;
		}
		finally {
			this.underWay.remove(hash);
		}
	}

	/**
	 * Whether a token would not have to be verified now.
	 */
	boolean contains(String token) {
		VerifiedToken known = this.verified.getIfPresent(Sha256.of(token));
		try {
			return known != null && known.isStillGood();
		}
		catch (AuthenticationServiceException ex) {
			// No signature is verified as long as there are no keys.
			return true;
		}
	}

	private @Nullable VerifiedToken find(Sha256 hash) {
		VerifiedToken known = this.verified.getIfPresent(hash);
		if (known == null) {
			return null;
		}
		if (!known.isStillGood()) {
			this.verified.asMap().remove(hash, known);
			return null;
		}
		this.hits.increment();
		return known;
	}

	private VerifiedToken await(CompletableFuture<VerifiedToken> others) {
		try {
			VerifiedToken result = others.get();
			this.hits.increment();
			return result;
		}
		catch (ExecutionException ex) {
			this.misses.increment();
			throw again(ex.getCause());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new AuthenticationServiceException("Interrupted while the token was verified", ex);
		}
	}

	/**
	 * The same failure for another request: an exception can be changed, so it is not
	 * shared.
	 */
	private static RuntimeException again(@Nullable Throwable failure) {
		if (failure instanceof RefusedTokenException refused) {
			return new RefusedTokenException(refused.failure(), String.valueOf(refused.getError().getDescription()),
					refused.detail());
		}
		if (failure instanceof AuthenticationServiceException unavailable) {
			return new AuthenticationServiceException(String.valueOf(unavailable.getMessage()), unavailable);
		}
		return new IllegalStateException("The verification of the same token for another request failed", failure);
	}

	/**
	 * How many requests had a token that need not be verified, since the start.
	 */
	public long hits() {
		return this.hits.sum();
	}

	/**
	 * How many requests had a token that was verified for them, well or not, since the
	 * start.
	 */
	public long misses() {
		return this.misses.sum();
	}

	/**
	 * How many tokens were dropped for want of room, since the start.
	 */
	public long evicted() {
		return this.evicted.sum();
	}

	/**
	 * How many tokens are kept, about.
	 */
	public long size() {
		return this.verified.estimatedSize();
	}

	/**
	 * How many tokens are being verified.
	 */
	int underWay() {
		return this.underWay.size();
	}

	/**
	 * How much is kept for how long.
	 *
	 * @param maxSize the most tokens
	 * @param timeToLive how long a token is kept at most, however often it comes: not
	 * longer than the keys that it was verified with serve
	 */
	public record Settings(int maxSize, Duration timeToLive) {
	}

}

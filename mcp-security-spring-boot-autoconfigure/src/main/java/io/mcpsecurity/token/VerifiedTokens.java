package io.mcpsecurity.token;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
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
 * The cache of the tokens that were verified at one MCP endpoint, by their hash. A cached
 * token is accepted only while {@link VerifiedToken#isStillGood} holds.
 * <p>
 * Bad tokens do not evict good ones: their refusals are cached separately, and for
 * seconds only, because clients repeat a bad token often. Concurrent requests with the
 * same new token verify it once; requests with other tokens do not wait for it.
 */
public final class VerifiedTokens {

	private static final int MAX_REFUSALS = 2000;

	/** Reasons in the token itself or its keys, which do not change by themselves. */
	private static final Set<TokenFailure> LASTING = EnumSet.of(TokenFailure.MALFORMED, TokenFailure.ISSUER,
			TokenFailure.SIGNATURE, TokenFailure.EXPIRED, TokenFailure.AUDIENCE, TokenFailure.TYPE);

	private final Cache<Sha256, VerifiedToken> verified;

	private final Cache<Sha256, Refusal> refused;

	private final ConcurrentMap<Sha256, CompletableFuture<VerifiedToken>> underWay = new ConcurrentHashMap<>();

	private final LongAdder hits = new LongAdder();

	private final LongAdder misses = new LongAdder();

	private final LongAdder evicted = new LongAdder();

	VerifiedTokens(Settings settings, Ticker ticker) {
		this.verified = Caffeine.newBuilder()
			.maximumSize(settings.maxSize())
			.expireAfterWrite(settings.timeToLive())
			.ticker(ticker)
			// Maintained by the threads of requests.
			.executor(Runnable::run)
			.evictionListener((key, value, cause) -> {
				if (cause == RemovalCause.SIZE) {
					this.evicted.increment();
				}
			})
			.build();
		this.refused = Caffeine.newBuilder()
			.maximumSize(MAX_REFUSALS)
			.expireAfterWrite(settings.refusalTimeToLive())
			.ticker(ticker)
			.executor(Runnable::run)
			.build();
	}

	/**
	 * The verified token, cached or verified now.
	 * @param token the token's text
	 * @param verify verifies a token; its exception is thrown to all waiting requests. A
	 * refusal for a lasting reason is cached for a moment
	 */
	VerifiedToken get(String token, Function<String, VerifiedToken> verify) {
		Sha256 hash = Sha256.of(token);
		VerifiedToken known = find(hash);
		if (known != null) {
			return known;
		}
		Refusal refusal = this.refused.getIfPresent(hash);
		if (refusal != null) {
			throw refusal.exception();
		}
		CompletableFuture<VerifiedToken> own = new CompletableFuture<>();
		CompletableFuture<VerifiedToken> others = this.underWay.putIfAbsent(hash, own);
		if (others != null) {
			return await(others);
		}
		try {
			// Another request may have verified it meanwhile.
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
			if (ex instanceof RefusedTokenException refused && LASTING.contains(refused.failure())) {
				this.refused.put(hash, Refusal.of(refused));
			}
			own.completeExceptionally(ex);
			throw ex;
		}
		finally {
			this.underWay.remove(hash);
		}
	}

	/** Whether a token needs no verification now. */
	boolean contains(String token) {
		VerifiedToken known = this.verified.getIfPresent(Sha256.of(token));
		try {
			return known != null && known.isStillGood();
		}
		catch (AuthenticationServiceException ex) {
			// Without keys no signature is verified.
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
	 * The same failure for another request; exceptions are mutable, so they are not
	 * shared.
	 */
	private static RuntimeException again(@Nullable Throwable failure) {
		if (failure instanceof RefusedTokenException refused) {
			return Refusal.of(refused).exception();
		}
		if (failure instanceof AuthenticationServiceException unavailable) {
			return new AuthenticationServiceException(String.valueOf(unavailable.getMessage()), unavailable);
		}
		return new IllegalStateException("The verification of the same token for another request failed", failure);
	}

	/** The number of requests with a cached token since the start. */
	public long hits() {
		return this.hits.sum();
	}

	/**
	 * The number of requests whose token was verified, successfully or not, since the
	 * start.
	 */
	public long misses() {
		return this.misses.sum();
	}

	/**
	 * The number of tokens that were evicted because of the size limit, since the start.
	 */
	public long evicted() {
		return this.evicted.sum();
	}

	/** The approximate number of cached tokens. */
	public long size() {
		return this.verified.estimatedSize();
	}

	/** The number of tokens that are being verified. */
	int underWay() {
		return this.underWay.size();
	}

	/** A refusal without the stack trace, which would occupy most of the memory. */
	private record Refusal(TokenFailure failure, String description, String detail) {

		static Refusal of(RefusedTokenException exception) {
			return new Refusal(exception.failure(), String.valueOf(exception.getError().getDescription()),
					exception.detail());
		}

		RefusedTokenException exception() {
			return new RefusedTokenException(this.failure, this.description, this.detail);
		}

	}

	/**
	 * The limits of the cache.
	 *
	 * @param maxSize the maximum number of tokens
	 * @param timeToLive the maximum time for which a token is cached, independently of
	 * its use: not longer than keys are used
	 * @param refusalTimeToLive how long a refusal is cached; keys can change meanwhile,
	 * so that a refused token becomes good
	 */
	public record Settings(int maxSize, Duration timeToLive, Duration refusalTimeToLive) {
	}

}

package io.mcpsecurity.authorizationserver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The keys that sign access tokens, in a file as a JWK set (RFC 7517 section 5), or in
 * memory until the application ends. A key is published before it signs, so that resource
 * servers know it, and stays published until the tokens that it signed have expired.
 */
final class SigningKeys implements JWKSource<SecurityContext> {

	private static final Log logger = LogFactory.getLog(SigningKeys.class);

	private static final int RSA_BITS = 2048;

	/** For clocks that differ. */
	private static final Duration TOLERANCE = Duration.ofMinutes(5);

	private static final Set<PosixFilePermission> OWNER = EnumSet.of(PosixFilePermission.OWNER_READ,
			PosixFilePermission.OWNER_WRITE);

	private static final Duration RETRY_INTERVAL = Duration.ofMinutes(1);

	private static final Comparator<JWK> BY_AGE = Comparator.comparing(JWK::getIssueTime);

	private final @Nullable Path file;

	private final AuthorizationServerProperties.Keys settings;

	private final Duration tokenLifetime;

	private final Clock clock;

	/** The oldest first. */
	private List<JWK> keys;

	/** When the keys may change again, after the file could not be written. */
	private Instant nextAttempt = Instant.MIN;

	/**
	 * Read the keys, or create the first one.
	 * @param tokenLifetime how long a token is valid that a key signed
	 * @throws IOException if the file cannot be read or written, others can read it, or
	 * it does not contain private keys of this class
	 */
	SigningKeys(AuthorizationServerProperties.Keys settings, Duration tokenLifetime, Clock clock) throws IOException {
		this.file = (settings.file() != null) ? Path.of(settings.file()) : null;
		this.settings = settings;
		this.tokenLifetime = tokenLifetime;
		this.clock = clock;
		this.keys = (this.file != null && Files.exists(this.file)) ? read(this.file) : List.of();
		if (this.keys.isEmpty()) {
			store(List.of(create(clock.instant())));
		}
	}

	@Override
	public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context) {
		return selector.select(new JWKSet(current()));
	}

	/** The key that signs now, of those that fit the token. */
	JWK select(List<JWK> fitting) {
		Instant now = this.clock.instant();
		JWK selected = null;
		for (JWK key : fitting.stream().sorted(BY_AGE).toList()) {
			if (selected == null || !signsFrom(key).isAfter(now)) {
				selected = key;
			}
		}
		if (selected == null) {
			throw new IllegalStateException("No key fits the token");
		}
		return selected;
	}

	private synchronized List<JWK> current() {
		Instant now = this.clock.instant();
		if (now.isBefore(this.nextAttempt)) {
			return this.keys;
		}
		List<JWK> next = new ArrayList<>(this.keys);
		// A key that has a successor which has signed for longer than a token is valid.
		while (next.size() > 1 && signsFrom(next.get(1)).plus(this.tokenLifetime).plus(TOLERANCE).isBefore(now)) {
			next.remove(0);
		}
		JWK newest = next.get(next.size() - 1);
		if (!now.isBefore(newest.getIssueTime().toInstant().plus(this.settings.rotation()))) {
			next.add(create(now));
		}
		if (!next.equals(this.keys)) {
			try {
				store(next);
			}
			catch (IOException ex) {
				this.nextAttempt = now.plus(RETRY_INTERVAL);
				logger.error("The keys cannot be written to '" + this.file + "', so the present ones stay in use: "
						+ ex.getClass().getSimpleName());
			}
		}
		return this.keys;
	}

	private Instant signsFrom(JWK key) {
		return key.getIssueTime().toInstant().plus(this.settings.publishAhead());
	}

	private static JWK create(Instant now) {
		try {
			return new RSAKeyGenerator(RSA_BITS).keyUse(KeyUse.SIGNATURE)
				.algorithm(JWSAlgorithm.RS256)
				.keyID(UUID.randomUUID().toString())
				.issueTime(Date.from(now))
				.generate();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static List<JWK> read(Path file) throws IOException {
		if (isPosix(file) && !OWNER.containsAll(Files.getPosixFilePermissions(file))) {
			throw new IOException("others than the owner can access it");
		}
		try {
			List<JWK> keys = JWKSet.parse(Files.readString(file)).getKeys().stream().toList();
			if (!keys.stream()
				.allMatch((key) -> key instanceof RSAKey && key.isPrivate() && key.getIssueTime() != null
						&& key.getKeyID() != null)) {
				throw new IOException("it contains other keys than private RSA keys with kid and iat");
			}
			return keys.stream().sorted(BY_AGE).toList();
		}
		catch (ParseException ex) {
			// Without the cause, whose message can contain a part of a key.
			throw new IOException("it is not a JWK set");
		}
	}

	/** Write to another file first, so that there never is half a file. */
	private void store(List<JWK> next) throws IOException {
		if (this.file != null) {
			Path absolute = this.file.toAbsolutePath();
			FileAttribute<?>[] attributes = isPosix(absolute.getParent())
					? new FileAttribute<?>[] { PosixFilePermissions.asFileAttribute(OWNER) } : new FileAttribute<?>[0];
			Path temporary = Files.createTempFile(absolute.getParent(), absolute.getFileName().toString(), ".tmp",
					attributes);
			try {
				Files.writeString(temporary, new JWKSet(next).toString(false));
				Files.move(temporary, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
			}
			finally {
				Files.deleteIfExists(temporary);
			}
		}
		this.keys = List.copyOf(next);
	}

	private static boolean isPosix(Path path) {
		return path.getFileSystem().supportedFileAttributeViews().contains("posix");
	}

}

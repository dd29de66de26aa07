package io.mcpsecurity.authorizationserver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.text.ParseException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;

/**
 * Stores keys in a file, as a JWK set (RFC 7517 section 5), which only its owner may
 * access.
 */
final class SigningKeyFile implements SigningKeyStore {

	private static final Set<PosixFilePermission> OWNER = EnumSet.of(PosixFilePermission.OWNER_READ,
			PosixFilePermission.OWNER_WRITE);

	private final Path file;

	SigningKeyFile(Path file) {
		this.file = file;
	}

	@Override
	public List<JWK> read(List<JWK> present) throws IOException {
		if (!present.isEmpty() || !Files.exists(this.file)) {
			return present;
		}
		Path file = this.file;
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
			return keys;
		}
		catch (ParseException ex) {
			// Without the cause, whose message can contain a part of a key.
			throw new IOException("it is not a JWK set");
		}
	}

	/** Write to another file first, so that there never is half a file. */
	@Override
	public List<JWK> write(List<JWK> present, List<JWK> next) throws IOException {
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
		return next;
	}

	private static boolean isPosix(Path path) {
		return path.getFileSystem().supportedFileAttributeViews().contains("posix");
	}

	@Override
	public String toString() {
		return "'" + this.file + "'";
	}

}

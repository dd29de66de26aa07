package io.mcpsecurity.transport;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;

import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import org.jspecify.annotations.Nullable;

/**
 * Encrypts the state that a client returns when it repeats a request (MCP 2026-07-28,
 * Multi Round-Trip Requests, "Server Requirements"). A state is authenticated (AES-GCM),
 * bound to its caller and its request, and valid for a limited time. It can be returned
 * more than once.
 */
public final class RequestStates {

	/** The length of a key, in bytes. */
	public static final int KEY_LENGTH = 32;

	private static final String CIPHER = "AES/GCM/NoPadding";

	private static final int TAG_BITS = 128;

	private static final int NONCE_LENGTH = 12;

	private final List<SecretKey> keys;

	private final Duration lifetime;

	private final Clock clock;

	private final SecureRandom random = new SecureRandom();

	/**
	 * Create.
	 * @param keys the keys, each of {@value #KEY_LENGTH} bytes. The first one encrypts;
	 * all decrypt. If there is none, a random key is used, which other instances of the
	 * server do not have.
	 * @param lifetime the lifetime of a state
	 * @param clock the clock
	 */
	public RequestStates(List<byte[]> keys, Duration lifetime, Clock clock) {
		byte[] generated = new byte[KEY_LENGTH];
		this.random.nextBytes(generated);
		this.keys = (keys.isEmpty() ? List.of(generated) : keys).stream()
			.map((key) -> (SecretKey) new SecretKeySpec(key, "AES"))
			.toList();
		this.lifetime = lifetime;
		this.clock = clock;
	}

	/**
	 * Encrypt a state.
	 * @param state the state
	 * @param binding the caller and the request, with which alone it can be decrypted
	 */
	String seal(String state, String binding) {
		byte[] text = state.getBytes(StandardCharsets.UTF_8);
		ByteBuffer plain = ByteBuffer.allocate(Long.BYTES + text.length)
			.putLong(this.clock.instant().plus(this.lifetime).toEpochMilli())
			.put(text);
		byte[] nonce = new byte[NONCE_LENGTH];
		this.random.nextBytes(nonce);
		try {
			byte[] sealed = cipher(Cipher.ENCRYPT_MODE, this.keys.get(0), nonce, binding).doFinal(plain.array());
			return Base64.getUrlEncoder()
				.withoutPadding()
				.encodeToString(ByteBuffer.allocate(NONCE_LENGTH + sealed.length).put(nonce).put(sealed).array());
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("A state cannot be encrypted", ex);
		}
	}

	/**
	 * Decrypt a state.
	 * @param sealed an unvalidated value of a request
	 * @param binding the caller and the request
	 * @return the state, or {@code null} if it is not one of this caller and request, or
	 * has expired
	 */
	@Nullable String open(String sealed, String binding) {
		byte[] bytes;
		try {
			bytes = Base64.getUrlDecoder().decode(sealed);
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
		if (bytes.length < NONCE_LENGTH + Long.BYTES + TAG_BITS / Byte.SIZE) {
			return null;
		}
		for (SecretKey key : this.keys) {
			ByteBuffer plain = decrypt(bytes, key, binding);
			if (plain != null) {
				boolean valid = this.clock.millis() < plain.getLong();
				return valid ? StandardCharsets.UTF_8.decode(plain).toString() : null;
			}
		}
		return null;
	}

	private static @Nullable ByteBuffer decrypt(byte[] bytes, SecretKey key, String binding) {
		byte[] nonce = new byte[NONCE_LENGTH];
		System.arraycopy(bytes, 0, nonce, 0, NONCE_LENGTH);
		try {
			return ByteBuffer.wrap(cipher(Cipher.DECRYPT_MODE, key, nonce, binding).doFinal(bytes, NONCE_LENGTH,
					bytes.length - NONCE_LENGTH));
		}
		catch (GeneralSecurityException ex) {
			// It was encrypted with another key or for another request, or was changed.
			return null;
		}
	}

	private static Cipher cipher(int mode, SecretKey key, byte[] nonce, String binding)
			throws GeneralSecurityException {
		Cipher cipher = Cipher.getInstance(CIPHER);
		cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
		cipher.updateAAD(binding.getBytes(StandardCharsets.UTF_8));
		return cipher;
	}

}

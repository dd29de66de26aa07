package io.mcpsecurity.authorizationserver;

import java.text.ParseException;
import java.util.Base64;
import java.util.List;

import com.nimbusds.jose.EncryptionMethod;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEHeader;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.DirectDecrypter;
import com.nimbusds.jose.crypto.DirectEncrypter;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Encrypts what is stored in a database, as compact JWE (RFC 7516) with AES-GCM. Someone
 * who can read the database learns no token and no key, and someone who can write to it
 * cannot create an entry, or one of another kind. The content is JSON of records without
 * type names, so reading it creates objects of no other classes.
 */
final class Sealing {

	static final int KEY_LENGTH = 32;

	private static final Log logger = LogFactory.getLog(Sealing.class);

	private final JsonMapper json = new JsonMapper();

	private final List<byte[]> keys;

	/**
	 * Create an encryption with keys in Base64. The first one encrypts, all decrypt.
	 * @throws IllegalArgumentException if there is none, or one is not Base64 of
	 * {@value #KEY_LENGTH} bytes
	 */
	Sealing(List<String> keys) {
		this.keys = keys.stream().map((key) -> Base64.getDecoder().decode(key.trim())).toList();
		if (this.keys.isEmpty() || this.keys.stream().anyMatch((key) -> key.length != KEY_LENGTH)) {
			throw new IllegalArgumentException();
		}
	}

	/** Encrypt a record. */
	String seal(Record content) {
		JWEHeader header = new JWEHeader.Builder(JWEAlgorithm.DIR, EncryptionMethod.A256GCM)
			.type(new JOSEObjectType(content.getClass().getSimpleName()))
			.build();
		JWEObject sealed = new JWEObject(header, new Payload(this.json.writeValueAsBytes(content)));
		try {
			sealed.encrypt(new DirectEncrypter(this.keys.get(0)));
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
		return sealed.serialize();
	}

	/**
	 * Decrypt a record.
	 * @return the record, or {@code null} if no key fits or it was changed
	 */
	<T extends Record> @Nullable T open(String text, Class<T> type) {
		for (byte[] key : this.keys) {
			try {
				JWEObject sealed = JWEObject.parse(text);
				sealed.decrypt(new DirectDecrypter(key));
				if (new JOSEObjectType(type.getSimpleName()).equals(sealed.getHeader().getType())) {
					return this.json.readValue(sealed.getPayload().toBytes(), type);
				}
			}
			catch (ParseException | JOSEException ex) {
				// Another key may fit.
			}
		}
		logger.error("An entry of the database is ignored, because no key of " + AuthorizationServerProperties.PREFIX
				+ ".encryption-keys decrypts it as " + type.getSimpleName());
		return null;
	}

}

package io.mcpsecurity.test;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Texts in the form of credentials that are none, made when they are needed: no file is
 * to hold any that could be taken for one.
 */
public final class LookAlikes {

	private LookAlikes() {
	}

	/**
	 * The form of a signed JSON Web Token.
	 * @param header the JSON of its header
	 * @param claims the JSON of its claims
	 * @param signature the text in the place of its signature
	 */
	public static String jwt(String header, String claims, String signature) {
		return encoded(header) + "." + encoded(claims) + "." + encoded(signature);
	}

	/**
	 * One with a subject.
	 */
	public static String jwt() {
		return jwt("{\"alg\":\"RS256\"}", "{\"sub\":\"alice\"}", "signature");
	}

	/**
	 * One without a signature.
	 */
	public static String unsignedJwt() {
		return jwt("{\"alg\":\"none\"}", "{}", "");
	}

	/**
	 * The line that a private key begins with in a PEM file.
	 * @param kind its kind, such as {@code "RSA "}, or nothing
	 */
	public static String beginOfKey(String kind) {
		return pem("BEGIN", kind + "PRIVATE KEY");
	}

	/**
	 * The line that it ends with.
	 */
	public static String endOfKey(String kind) {
		return pem("END", kind + "PRIVATE KEY");
	}

	/**
	 * A line of a PEM file.
	 */
	public static String pem(String boundary, String label) {
		return "-----" + boundary + " " + label + "-----";
	}

	private static String encoded(String text) {
		return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
	}

}

package io.mcpsecurity.test;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

import com.nimbusds.jose.util.X509CertUtils;

/**
 * A new certificate for {@code localhost}, which its own key has signed.
 *
 * @param file the key store with key and certificate
 * @param certificate the certificate
 */
public record TestCertificate(Path file, X509Certificate certificate) {

	/**
	 * The password of key stores and keys.
	 */
	public static final String PASSWORD = "password";

	/**
	 * Create with the JDK's keytool.
	 */
	public static TestCertificate create(Path directory, String name)
			throws IOException, InterruptedException, GeneralSecurityException {
		Path file = directory.resolve(name + ".p12");
		Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
				"-genkeypair", "-alias", name, "-keyalg", "EC", "-dname", "CN=" + name, "-ext", "san=dns:localhost",
				"-storetype", "PKCS12", "-keystore", file.toString(), "-storepass", PASSWORD)
			.redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		if (keytool.waitFor() != 0) {
			throw new IOException("keytool failed");
		}
		return new TestCertificate(file, (X509Certificate) load(file).getCertificate(name));
	}

	/**
	 * A file with certificates that are trusted.
	 */
	public static Path trustStore(Path directory, TestCertificate... certificates)
			throws IOException, GeneralSecurityException {
		Path file = directory.resolve("trusted.p12");
		try (OutputStream out = Files.newOutputStream(file)) {
			trusting(certificates).store(out, PASSWORD.toCharArray());
		}
		return file;
	}

	/**
	 * The TLS settings of a client with this certificate that trusts a server's.
	 */
	public SSLContext client(TestCertificate server) throws IOException, GeneralSecurityException {
		KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		keys.init(load(this.file), PASSWORD.toCharArray());
		TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		trust.init(trusting(server));
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
		return context;
	}

	/**
	 * The thumbprint, the {@code x5t#S256} of tokens.
	 */
	public String thumbprint() {
		return X509CertUtils.computeSHA256Thumbprint(this.certificate).toString();
	}

	private static KeyStore load(Path file) throws IOException, GeneralSecurityException {
		KeyStore store = KeyStore.getInstance("PKCS12");
		try (InputStream in = Files.newInputStream(file)) {
			store.load(in, PASSWORD.toCharArray());
		}
		return store;
	}

	private static KeyStore trusting(TestCertificate... certificates) throws IOException, GeneralSecurityException {
		KeyStore store = KeyStore.getInstance("PKCS12");
		store.load(null, null);
		for (int i = 0; i < certificates.length; i++) {
			store.setCertificateEntry("trusted" + i, certificates[i].certificate);
		}
		return store;
	}

}

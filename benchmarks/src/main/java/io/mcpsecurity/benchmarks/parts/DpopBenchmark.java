package io.mcpsecurity.benchmarks.parts;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.mcpsecurity.token.DpopProofs;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The check of a DPoP proof, which a request needs in addition to its token. The store
 * accepts the same proof each time; an entry of the real one takes less than a
 * microsecond.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
public class DpopBenchmark {

	private static final String RESOURCE = "http://localhost:9900/mcp";

	private static final String TOKEN = "token";

	/** The algorithm of the proof. */
	@Param({ "ES256", "RS256" })
	public String algorithm = "ES256";

	private @Nullable DpopProofs proofs;

	private String proof = "";

	private String thumbprint = "";

	/**
	 * Create the proof.
	 */
	@Setup
	public void prepare() throws JOSEException, NoSuchAlgorithmException {
		Clock clock = Clock.systemUTC();
		this.proofs = new DpopProofs(Duration.ofHours(1), (proof, lifetime) -> true, null, clock);
		boolean elliptic = this.algorithm.equals("ES256");
		JWK key = elliptic ? new ECKeyGenerator(Curve.P_256).generate() : new RSAKeyGenerator(2048).generate();
		byte[] hash = MessageDigest.getInstance("SHA-256").digest(TOKEN.getBytes(StandardCharsets.US_ASCII));
		SignedJWT jwt = new SignedJWT(
				new JWSHeader.Builder(JWSAlgorithm.parse(this.algorithm)).type(new JOSEObjectType("dpop+jwt"))
					.jwk(key.toPublicJWK())
					.build(),
				new JWTClaimsSet.Builder().jwtID("id")
					.claim("htm", "POST")
					.claim("htu", RESOURCE)
					.claim("ath", Base64URL.encode(hash).toString())
					.issueTime(Date.from(clock.instant()))
					.build());
		jwt.sign(elliptic ? new ECDSASigner((ECKey) key) : new RSASSASigner((RSAKey) key));
		this.proof = jwt.serialize();
		this.thumbprint = key.computeThumbprint().toString();
	}

	/**
	 * Check one proof.
	 */
	@Benchmark
	public void check() {
		Objects.requireNonNull(this.proofs).check(this.proof, "POST", List.of(RESOURCE), TOKEN, this.thumbprint);
	}

}

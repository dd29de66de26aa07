package io.mcpsecurity.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import io.mcpsecurity.token.TokenExtensions;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.AnnotatedBeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.OAuth2ResourceServerProperties;
import org.springframework.core.ResolvableType;
import org.springframework.core.convert.converter.Converter;
import org.springframework.core.env.Environment;
import org.springframework.core.io.Resource;
import org.springframework.core.type.MethodMetadata;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.converter.RsaKeyConverters;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.server.resource.introspection.OpaqueTokenAuthenticationConverter;
import org.springframework.security.oauth2.server.resource.introspection.OpaqueTokenIntrospector;
import org.springframework.security.oauth2.server.resource.web.BearerTokenResolver;

/**
 * The beans and properties that configure Spring Security's resource server, as far as
 * they apply to MCP endpoints. Those that do not are logged at start. Beans that Spring
 * Boot has auto-configured are ignored.
 */
final class ResourceServerBeans {

	private static final Log logger = LogFactory.getLog(ResourceServerBeans.class);

	private static final String BOOT = "spring.security.oauth2.resourceserver.";

	private static final String INTROSPECTION = "Set mcp-security.authorization-servers[].introspection.";

	/**
	 * Types of beans without effect, each with what to do instead, in the order of the
	 * log.
	 */
	private static final List<Map.Entry<ResolvableType, String>> UNUSED = List.of(
			Map.entry(ResolvableType.forClass(OpaqueTokenIntrospector.class), INTROSPECTION),
			Map.entry(ResolvableType.forClass(OpaqueTokenAuthenticationConverter.class),
					"Authorities of opaque tokens are their scopes; see mcp-security.scopes."),
			Map.entry(ResolvableType.forClass(BearerTokenResolver.class),
					"MCP clients send the token in the Authorization header."),
			Map.entry(ResolvableType.forClassWithGenerics(Customizer.class, HttpSecurity.class),
					"The filter chain of an MCP endpoint is not built by HttpSecurity; register a servlet Filter instead."));

	private final ConfigurableListableBeanFactory beans;

	private final OAuth2ResourceServerProperties.Jwt boot;

	private final Binder binder;

	private final boolean fromBoot;

	/** Whether a decoder can replace the keys of the authorization server. */
	private final boolean replaceable;

	ResourceServerBeans(ConfigurableListableBeanFactory beans, IssuerProperties issuers,
			OAuth2ResourceServerProperties boot, Environment environment) {
		this.beans = beans;
		this.boot = boot.getJwt();
		this.binder = Binder.get(environment);
		this.fromBoot = issuers.fromBoot();
		this.replaceable = this.fromBoot
				|| (issuers.servers().size() == 1 && issuers.servers().get(0).jwkSetUri() == null);
	}

	/** The extensions of the application for JWTs. */
	TokenExtensions extensions(ObjectProvider<OAuth2TokenValidator<Jwt>> validators,
			ObjectProvider<Converter<Jwt, ? extends AbstractAuthenticationToken>> converter) {
		logUnused();
		JwtDecoder decoder = decoder();
		return new TokenExtensions((decoder != null) ? decoder : publicKeyDecoder(), algorithms(),
				validators.orderedStream().toList(), converter.getIfAvailable());
	}

	/** The application's decoder, unless it may have another purpose. */
	private @Nullable JwtDecoder decoder() {
		List<String> names = own(ResolvableType.forClass(JwtDecoder.class));
		List<String> keys = List.of(this.beans.getBeanNamesForType(JWKSource.class));
		if (!keys.isEmpty()) {
			logger.info("The beans " + Stream.concat(keys.stream(), names.stream()).toList()
					+ " belong to an authorization server in this application. "
					+ "MCP endpoints do not use them, but the keys that the issuer publishes.");
			return null;
		}
		JwtDecoder decoder = (this.replaceable && !names.isEmpty())
				? this.beans.getBeanProvider(JwtDecoder.class).getIfUnique() : null;
		for (String name : names) {
			if (decoder != null && this.beans.getBean(name) == decoder) {
				logger
					.info("Access tokens are verified by the bean '" + name + "' at each request, and are not cached.");
			}
			else {
				warn("bean '" + name + "'", "A decoder is used if it is the only one or @Primary, "
						+ "for one authorization server without a jwk-set-uri.");
			}
		}
		return decoder;
	}

	/** Spring Boot's own decoder for a public key refuses the type {@code at+jwt}. */
	private @Nullable JwtDecoder publicKeyDecoder() {
		Resource location = this.boot.getPublicKeyLocation();
		if (!this.fromBoot || location == null) {
			return null;
		}
		try (InputStream content = location.getInputStream()) {
			NimbusJwtDecoder decoder = NimbusJwtDecoder.withPublicKey(RsaKeyConverters.x509().convert(content))
				.signatureAlgorithm(SignatureAlgorithm.from(this.boot.getJwsAlgorithms().get(0)))
				.validateType(false)
				.build();
			decoder.setJwtValidator((jwt) -> OAuth2TokenValidatorResult.success());
			return decoder;
		}
		catch (IOException | RuntimeException ex) {
			throw CheckedProperties.invalid(BOOT + "jwt.public-key-location", location,
					"It is not the location of an RSA public key in PEM, or the first of jws-algorithms is not for RSA.");
		}
	}

	/**
	 * The configured algorithms. Spring Boot's default, RS256, does not restrict them.
	 */
	private Set<JWSAlgorithm> algorithms() {
		List<String> names = this.fromBoot ? values("jwt.jws-algorithms") : List.of();
		if (names.isEmpty()) {
			return TokenExtensions.ALGORITHMS;
		}
		Set<JWSAlgorithm> algorithms = names.stream().map(JWSAlgorithm::parse).collect(Collectors.toUnmodifiableSet());
		if (!TokenExtensions.ALGORITHMS.containsAll(algorithms)) {
			throw CheckedProperties.invalid(BOOT + "jwt.jws-algorithms", names, "Only these are accepted: "
					+ TokenExtensions.ALGORITHMS.stream().map(JWSAlgorithm::getName).sorted().toList() + ".");
		}
		return algorithms;
	}

	private void logUnused() {
		UNUSED.forEach(
				(unused) -> own(unused.getKey()).forEach((name) -> warn("bean '" + name + "'", unused.getValue())));
		if (!this.fromBoot) {
			Stream.of("jwt.audiences", "jwt.jws-algorithms", "jwt.jwk-set-uri", "jwt.public-key-location")
				.filter((name) -> !values(name).isEmpty())
				.forEach((name) -> warn("property '" + BOOT + name + "'",
						"Set the audiences and jwk-set-uri of mcp-security.authorization-servers[]."));
		}
		if (!values("opaquetoken.introspection-uri").isEmpty()) {
			warn("property '" + BOOT + "opaquetoken.introspection-uri'", INTROSPECTION);
		}
	}

	private static void warn(String what, String remedy) {
		logger.warn("The " + what + " has no effect at MCP endpoints. " + remedy);
	}

	private List<String> values(String name) {
		return this.binder.bind(BOOT + name, Bindable.listOf(String.class)).orElse(List.of());
	}

	/** The names of the beans of a type that Spring Boot has not auto-configured. */
	private List<String> own(ResolvableType type) {
		return Stream.of(this.beans.getBeanNamesForType(type)).filter((name) -> {
			MethodMetadata method = this.beans.containsBeanDefinition(name)
					&& this.beans.getBeanDefinition(name) instanceof AnnotatedBeanDefinition definition
							? definition.getFactoryMethodMetadata() : null;
			return method == null || !method.getDeclaringClassName().startsWith("org.springframework.");
		}).toList();
	}

}

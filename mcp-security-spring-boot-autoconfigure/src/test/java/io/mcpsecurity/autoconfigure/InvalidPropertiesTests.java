package io.mcpsecurity.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Values that stop the start.
 */
class InvalidPropertiesTests {

	private static final Map<String, String> SHORT = Map.of("{own}",
			"downstream.orders.base-url=https://a,downstream.orders.grant=client-credentials,"
					+ "downstream.orders.client-id=server,downstream.orders.client-secret=s3cret",
			"{rule}", "policy.rules.tools=time", "{limit}", "rate-limit.rules.per=caller,rate-limit.rules.capacity=1",
			"{introspection}",
			"authorization-servers[0].issuer=https://a.example,"
					+ "authorization-servers[0].introspection.uri=https://a.example/introspect,"
					+ "authorization-servers[0].introspection.client-id=server,"
					+ "authorization-servers[0].introspection.client-secret=s3cret");

	/**
	 * Properties below mcp-security, separated by commas (a semicolon is a comma in a
	 * value); the property that is named (* for the only one); and part of the reason.
	 */
	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~',
			textBlock = """
					resource=                                 | * | It is not set. It is the audience
					resource=/mcp                             | * | It is not an absolute URI
					resource=mcp.example.com                  | * | It is not an absolute URI
					resource=https:///mcp                     | * | It is not an absolute URI
					resource=https://a_b/mcp                  | * | It is not an absolute URI
					resource=https://a b                      | * | It is not a URI
					resource=https://a/mcp#x                  | * | It has a fragment
					resource=https://u:p@a/mcp                | * | It has user information
					resource=ftp://a/mcp                      | * | It is neither an https nor an http URI
					resource=urn:mcp:server                   | * | It is not an absolute URI
					resource=http://a/mcp                     | * | set mcp-security.allow-insecure-http=true
					resource=http://localhost.evil.example/mcp | * | Use https
					resource-aliases=http://a/mcp             | resource-aliases[0] | Use https
					resource-aliases=https://b/mcp;https://MCP.example:443/x | resource-aliases[1] | Another resource identifier has the same host
					resource-aliases=https://b/mcp;https://B/x | resource-aliases[1] | Another resource identifier has the same host
					protocol-revisions=2025-06-18             | * | The revisions are 2025-11-25
					request-state.keys=c2hvcnQ=               | request-state | not 32 bytes in Base64
					request-state.keys=?                      | request-state | not 32 bytes in Base64
					request-state.lifetime=0s                 | * | It is not between
					authorization-servers=                    | * | It is not set, and neither is spring.security
					authorization-servers=login               | authorization-servers[0].issuer | It is not an absolute URI
					authorization-servers=http://a            | authorization-servers[0].issuer | Use https
					authorization-servers=https://a;https://b?x=y | authorization-servers[1].issuer | It has a query
					authorization-servers=https://a;https://a | authorization-servers[1].issuer | An earlier entry
					authorization-servers.jwk-set-uri=https://a/keys | authorization-servers[0].issuer | It is not set
					authorization-servers.issuer=https://a#b  | authorization-servers[0].issuer | It has a fragment
					authorization-servers.issuer=https://a,authorization-servers.jwk-set-uri=http://a/k | authorization-servers[0].jwk-set-uri | Use https
					authorization-servers.issuer=https://a,authorization-servers.provider=oktaa | authorization-servers[0].provider | No enum constant
					authorization-servers.issuer=http://a,authorization-servers.jwk-set-uri=https://a/k | authorization-servers[0].issuer | Use https
					authorization-servers.issuer=http://a,authorization-servers.advertised-as=https://b | authorization-servers[0].issuer | Use https
					authorization-servers.issuer=a b,authorization-servers.jwk-set-uri=https://a/k,authorization-servers.advertised-as=https://b | authorization-servers[0].issuer | It is not a URI
					authorization-servers.issuer=a,authorization-servers.jwk-set-uri=https://a/k,authorization-servers.advertised-as=http://b | authorization-servers[0].advertised-as | Use https
					authorization-servers.issuer=a,authorization-servers.jwk-set-uri=https://a/k,authorization-servers.advertised-as=https://b?c | authorization-servers[0].advertised-as | It has a query
					metadata.url=/metadata                    | * | It is not an absolute URI
					metadata.url=http://a/b                   | * | Use https
					metadata.challenge-scopes=a b             | * | 'a b' is not a scope
					metadata.scopes-supported=a\\b            | * | is not a scope
					token.keys.connect-timeout=0s             | * | It is not between one millisecond and 24 days
					token.keys.connect-timeout=100us          | * | It is not between
					token.keys.connect-timeout=soon           | * | 'soon' is not a valid duration
					token.keys.read-timeout=-1s               | * | It is not between
					token.keys.read-timeout=100d              | * | It is not between
					token.keys.read-timeout=2m                | * | It must be at most a third of mcp-security.token.keys.cache-ttl
					token.keys.cache-ttl=0                    | * | It is not between
					token.keys.retry-interval=0s              | * | It is not between
					token.keys.retry-interval=5m              | * | It must be shorter
					token.keys.outage-tolerance=-5m           | * | It is not between
					token.clock-skew=-1s                      | * | It is not between 0 and one hour
					token.clock-skew=61m                      | * | It is not between 0 and one hour
					token.cache.max-size=-1                   | * | Set it to 0 to verify tokens with every request
					dpop.mode=on                              | * | No enum constant
					dpop.max-age=0s                           | * | It is not between one second and one hour
					dpop.max-age=61m                          | * | It is not between one second and one hour
					dpop.nonce.keys=c2hvcnQ=                  | dpop.nonce | not 32 bytes in Base64
					dpop.nonce.period=0s                      | * | It is not between one second and one hour
					{own},downstream.orders.issuer=http://a   | downstream.orders.issuer | Use https
					{own},downstream.orders.issuer=login      | downstream.orders.issuer | It is not an absolute URI
					dpop.max-proofs=0                         | * | It is not positive
					mutual-tls.certificate-header=Client-Cert | * | Every client could send it. Set mcp-security.mutual-tls.trusted-proxies
					mutual-tls.certificate-header=a:b,mutual-tls.trusted-proxies=::1 | mutual-tls.certificate-header | It is not the name of a header
					mutual-tls.trusted-proxies=10.0.0.1       | * | It has no effect without the header
					mutual-tls.certificate-header=Client-Cert,mutual-tls.trusted-proxies=proxy.example | mutual-tls.trusted-proxies | It is not a list of addresses and networks
					token.revocation-check=introspect         | authorization-servers[0].introspection.uri | It is not set
					token.introspection.cache-ttl=0s          | * | It is not between
					token.introspection.cache-size=0          | * | It is not positive
					token.introspection.connect-timeout=-1s   | * | It is not between
					token.introspection.read-timeout=100d     | * | It is not between
					token.introspection.max-concurrent=0      | * | It is not positive
					{introspection},authorization-servers[0].introspection.uri=                        | authorization-servers[0].introspection.uri           | It is not an absolute URI
					{introspection},authorization-servers[0].introspection.uri=/introspect             | authorization-servers[0].introspection.uri           | It is not an absolute URI
					{introspection},authorization-servers[0].introspection.uri=http://a.example/x      | authorization-servers[0].introspection.uri           | Use https
					{introspection},authorization-servers[0].introspection.client-id=                  | authorization-servers[0].introspection.client-id     | It is not set
					{introspection},authorization-servers[0].introspection.client-secret=              | authorization-servers[0].introspection               | Neither of
					{introspection},authorization-servers[0].introspection.private-key=file:key.pem    | authorization-servers[0].introspection               | Both of
					clients.deny[0]=                          | clients.deny | is not
					clients.store=file                        | * | No enum constant
					clients.refresh-interval=0s               | * | It is not between
					http.max-body-size=0                      | * | It is not between 1 byte and 2 GB
					http.max-body-size=2GB                    | * | It is not between 1 byte and 2 GB
					http.max-body-size=big                    | * | 'big' is not a valid data size
					http.body-timeout=0s                      | * | It is not between
					http.max-json-depth=0                     | * | It is not positive
					http.allowed-origins=https://a/           | * | An origin consists of scheme, host and port
					http.allowed-origins=https://a;*          | * | * is not an origin
					http.allowed-origins=https://*            | * | https://* is not an origin
					http.allowed-origins=null                 | * | null is not an origin
					http.allowed-hosts=a:443                  | * | It is not a name or an address
					http.allowed-hosts=https://a              | * | It is not a name or an address
					http.allowed-hosts=[::x]                  | * | It is not a name or an address
					sessions.max=0                            | * | It is not positive
					sessions.max-per-caller=0                 | * | It is not positive
					sessions.max-per-caller=10001             | * | It is more than mcp-security.sessions.max
					sessions.idle-timeout=0s                  | * | It is not between
					sessions.check-interval=0s                | * | It is not between
					audit.queue-capacity=0                    | * | It is not positive
					audit.queue-capacity=many                 | * | For input string
					audit.repository-capacity=0               | * | It is not positive
					audit.block-timeout=0s                    | * | It is not between
					audit.block-timeout=-1s                   | * | It is not between
					audit.drain-timeout=0s                    | * | It is not between
					audit.drain-timeout=100d                  | * | It is not between
					audit.sensitive-names=iban;!              | * | '!' is not a name or pattern
					audit.on-overflow=wait                    | * | No enum constant
					audit.enabled=false,audit.on-failure=deny | audit.on-failure | There are no audit events
					audit.on-failure=ignore                   | * | No enum constant
					policy.rules.access=deny                  | policy.rules[0] | It names no tools, resources or prompts
					{rule}                                    | policy.rules[0] | It has neither scopes nor access. Set either .scopes
					{rule},policy.rules.access=deny,policy.rules.scopes=a | policy.rules[0] | It has both scopes and access
					{rule},policy.rules.scopes[0]=a b         | policy.rules[0].scopes | 'a b' is not a scope
					{rule},policy.rules.any-of[0]=            | policy.rules[0].any-of | is not a scope
					{rule},policy.rules.any-of[0]=a"b         | policy.rules[0].any-of | is not a scope
					policy.rules.tools[0]=,policy.rules.access=deny | policy.rules[0].tools | is not a name or pattern
					policy.rules.resources[0]=a\\tb,policy.rules.access=deny | policy.rules[0].resources | is not a name or pattern
					policy.scope-template={name} x            | * | is not a scope
					policy.scope-template=                    | * | is not a scope
					policy.read-only-scope=a b                | * | is not a scope
					policy.destructive-scope=                 | * | is not a scope
					policy.scope-hierarchy=a > a              | * | It has a cycle
					policy.scope-hierarchy=a > b\\nb > a      | * | It has a cycle
					policy.scope-hierarchy=a > b\\nb>c\\nc > a | * | It has a cycle
					policy.scope-hierarchy=a > b > a          | * | It has a cycle
					policy.scope-hierarchy=a >                | * | is not a scope
					policy.scope-hierarchy=> a                | * | is not a scope
					policy.scope-hierarchy=a > b c            | * | is not a scope
					policy.scope-hierarchy=a > "b"            | * | is not a scope
					policy.scope-hierarchy=a                  | * | It is not a relation like broader > narrower
					policy.enforcement=perhaps                | * | No enum constant
					policy.anonymous-discovery=public         | * | Invalid boolean value
					policy.anonymous-discovery=true,policy.visibility=need-to-know | policy.visibility | policy.anonymous-discovery=true lists what would be hidden
					policy.anonymous-discovery=true,policy.required-scopes=member | policy.required-scopes | policy.anonymous-discovery=true allows requests without a token
					scopes.description=x                      | scopes[0].name | It is not set
					scopes.name=a b                           | scopes[0].name | is not a scope
					scopes[0].name=a,scopes[1].name=a         | scopes[1].name | An earlier entry has the same name
					scopes.name=a,scopes.requested-as=b c     | scopes[0].requested-as | is not a scope
					scopes.name=a,scopes.granted-as[0]=       | scopes[0].granted-as | It contains an empty name
					rate-limit.rules.capacity=1               | rate-limit.rules[0].per | It is not set
					rate-limit.rules.per=caller               | rate-limit.rules[0].capacity | It is not set
					{limit},rate-limit.rules.capacity=0       | rate-limit.rules[0].capacity | It is not between 1 and
					{limit},rate-limit.rules.capacity=1000001 | rate-limit.rules[0].capacity | It is not between 1 and
					{limit},rate-limit.rules.refill=0         | rate-limit.rules[0].refill | It is not between 1 and
					{limit},rate-limit.rules.period=999ms     | rate-limit.rules[0].period | It is not between
					{limit},rate-limit.rules.period=32d       | rate-limit.rules[0].period | It is not between
					{limit},rate-limit.rules.per=everybody    | rate-limit.rules[0].per | No enum constant
					{limit},rate-limit.rules.name=a b         | rate-limit.rules[0].name | It is not 1 to 60 letters
					{limit},rate-limit.rules.name=concurrent-calls | rate-limit.rules[0].name | It is the name of another limit
					{limit},rate-limit.rules.per=caller;address | rate-limit.rules[0] | It is not a valid limit
					{limit},rate-limit.rules.tools[0]=        | rate-limit.rules[0] | It is not a valid limit
					rate-limit.max-concurrent-calls=0         | * | It is not positive
					rate-limit.max-concurrent-streams=0       | * | It is not positive
					rate-limit.max-buckets=0                  | * | It is not positive
					rate-limit.authentication-failures.capacity=0 | * | It is not between 1 and
					rate-limit.authentication-failures.period=0s | * | It is not between
					rate-limit.redis.timeout=0s               | * | It is not between
					rate-limit.redis.connect-timeout=2m       | * | It is not between
					rate-limit.redis.key-prefix=              | * | It is empty
					rate-limit.store=memcached                | * | No enum constant
					rate-limit.on-store-failure=perhaps       | * | No enum constant
					endpoints.admin.resource=https://a/admin  | endpoints.admin.path | It is not a path
					endpoints.admin.path=/admin               | endpoints.admin.resource | It is not set
					endpoints.admin.path=/a,endpoints.admin.resource=https://mcp.example/mcp | endpoints.admin | Another endpoint has the same
					endpoints.admin.path=/a,endpoints.admin.resource=https://a/a,endpoints.admin.resource-aliases=https://A/b | endpoints.admin.resource-aliases[0] | Another resource identifier has the same host
					endpoints.admin.path=/a,endpoints.admin.resource=https://a/a,endpoints.admin.resource-aliases=https://mcp.example/mcp | endpoints.admin | Another endpoint has the same
					endpoints.admin.path=/a,endpoints.admin.resource=https://a/a,endpoints.admin.policy.rules.tools=x | endpoints.admin.policy.rules[0] | It has neither
					""")
	void invalidValueIsReportedWithPropertyAndReason(String properties, String property, String reason) {
		List<String> all = new ArrayList<>(List.of("mcp-security.resource=https://mcp.example/mcp"));
		if (!properties.contains("authorization-servers") && !properties.contains("{introspection}")) {
			all.add("mcp-security.authorization-servers=https://login.example");
		}
		Stream.of(properties.split(","))
			.flatMap((each) -> Stream.of(SHORT.getOrDefault(each, each).split(",")))
			.forEach((each) -> all
				.add("mcp-security." + each.replace(';', ',').replace("\\n", "\n").replace("\\t", "\t")));
		Refusal refusal = Refusal.of(all.toArray(String[]::new));
		assertThat(refusal.property())
			.isEqualTo("mcp-security." + (property.equals("*") ? properties.split("=")[0] : property));
		assertThat(refusal.reason()).contains(reason).doesNotContain("s3cret");
	}

}

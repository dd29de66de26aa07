package io.mcpsecurity.autoconfigure;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.transport.ApiKeyHeader;
import io.mcpsecurity.transport.ProtectedResource;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Logs one line for each MCP endpoint at start: the resource, the issuers, whether API
 * keys are accepted, what it offers, and what has no rule.
 */
final class EndpointReport implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(EndpointReport.class);

	private static final int MAX_NAMES = 10;

	private final ProtectedResource main;

	private final AccessPolicy policy;

	private final FurtherEndpoints further;

	private final FurtherServers servers;

	private final AuthorizationServers issuers;

	private final @Nullable ApiKeyHeader apiKeys;

	EndpointReport(ProtectedResource main, AccessPolicy policy, FurtherEndpoints further, FurtherServers servers,
			AuthorizationServers issuers, @Nullable ApiKeyHeader apiKeys) {
		this.main = main;
		this.policy = policy;
		this.further = further;
		this.servers = servers;
		this.issuers = issuers;
		this.apiKeys = apiKeys;
	}

	@Override
	public void afterSingletonsInstantiated() {
		Map<String, Object> others = this.servers.servers();
		report(this.main, this.policy.ruleBook(),
				(server) -> others.values().stream().noneMatch((other) -> other == server));
		this.further.protectedEndpoints()
			.forEach((name, endpoint) -> report(endpoint.resource(), endpoint.policy().ruleBook(),
					(server) -> others.get(name) == server));
	}

	private void report(ProtectedResource resource, RuleBook ruleBook, Predicate<Object> server) {
		List<McpTarget> offered = ruleBook.offered().offeredBy(server);
		List<String> open = offered.stream()
			.map(ruleBook::ruleFor)
			.filter((rule) -> rule.source().equals(RuleBook.UNDECLARED))
			.map((rule) -> rule.target().toString())
			.sorted()
			.toList();
		String more = (open.size() > MAX_NAMES) ? " and " + (open.size() - MAX_NAMES) + " more" : "";
		logger.info("MCP endpoint %s: resource %s, issuers %s%s, %s, %s, %s; %d without a rule%s%s".formatted(
				resource.endpoint(), resource.identifier(), this.issuers.issuers(),
				(this.apiKeys != null) ? ", API keys in " + this.apiKeys.name() : "", count(offered, Kind.TOOL, "tool"),
				count(offered, Kind.RESOURCE, "resource"), count(offered, Kind.PROMPT, "prompt"), open.size(),
				open.stream().limit(MAX_NAMES).collect(Collectors.joining(", ", open.isEmpty() ? "" : ": ", "")),
				more));
	}

	private static String count(Collection<McpTarget> offered, Kind kind, String name) {
		long count = offered.stream().filter((target) -> target.kind() == kind).count();
		return count + " " + name + ((count == 1) ? "" : "s");
	}

}

package io.mcpsecurity.autoconfigure;

import java.util.Map;

import io.mcpsecurity.McpInvocation;
import io.mcpsecurity.ScopeCheck;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessPolicies;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.exchange.AuthorizationRules;
import io.mcpsecurity.handler.AccessDeclarations;

import org.springframework.ai.mcp.server.common.autoconfigure.annotations.McpServerAnnotationScannerAutoConfiguration.ServerMcpAnnotatedBeans;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.authorization.AuthorizationManager;

/** The rules of configuration and code, and the decisions by them. */
@Configuration(proxyBeanMethods = false)
class PolicyConfiguration {

	@Bean
	OfferedTargets mcpOfferedTargets() {
		return new OfferedTargets();
	}

	@Bean
	AccessDeclarations mcpScopeDeclarations(ConfigurableListableBeanFactory beans) {
		return AccessDeclarations.find(beans);
	}

	@Bean
	RuleBook mcpRuleBook(AccessDeclarations declarations, CheckedProperties checked, McpSecurityProperties properties,
			OfferedTargets offered) {
		PolicyProperties policy = checked.policy();
		return PolicyProperties.ruleBook(PolicyProperties.RULES, () -> {
			RuleBook book = new RuleBook(policy.rules(), declarations.rules(), policy.conventions(),
					Access.valueOf(properties.policy().defaultAccess().name()), offered);
			declarations.authentications().forEach(book::declare);
			return book;
		});
	}

	@Bean
	AccessPolicy mcpAccessPolicy(RuleBook ruleBook, CheckedProperties checked, McpSecurityProperties properties) {
		McpSecurityProperties.Policy policy = properties.policy();
		return new AccessPolicy(ruleBook, checked.policy().hierarchy(), policy.enforcement(),
				policy.anonymousDiscovery(), policy.visibility(), properties.token().clockSkew())
			.requiring(policy.requiredScopes());
	}

	@Bean
	AccessPolicies mcpAccessPolicies(AccessPolicy main, FurtherEndpoints further) {
		return new AccessPolicies(main, further.policies());
	}

	@Bean
	ScopeCatalogue mcpScopeCatalogue(CheckedProperties checked) {
		return checked.policy().catalogue();
	}

	/**
	 * Injected into tools, of which the policies are built: so the policies are looked up
	 * with each call.
	 */
	@Bean
	ScopeCheck mcpScopeCheck(ObjectProvider<AccessPolicies> policies) {
		return (caller, scope) -> policies.getObject().of(caller.resource()).holds(scope, caller.scopes());
	}

	@Bean
	AuthorizationRules mcpAuthorizationRules(ConfigurableListableBeanFactory beans,
			ObjectProvider<Map<String, AuthorizationManager<McpInvocation>>> rules, FurtherEndpoints further) {
		return new AuthorizationRules(InvocationRules.find(beans, rules), further::name);
	}

	@Bean
	SmartInitializingSingleton mcpScopeDeclarationsCheck(AccessPolicy policy,
			ObjectProvider<ServerMcpAnnotatedBeans> annotated) {
		return () -> annotated
			.ifAvailable((found) -> AccessDeclarations.check(found.getAllAnnotatedBeans(), policy.ruleBook()));
	}

	@Bean
	PolicyReport mcpPolicyReport(AccessPolicies policies, McpSecurityProperties properties, ScopeCatalogue catalogue,
			CheckedProperties checked) {
		return new PolicyReport(policies, properties, catalogue, checked.rateLimit().rules());
	}

}

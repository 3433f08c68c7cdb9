/** Types of one service that have no effect on running code, for one reason. */
interface Ignored {
  /** The services, or single types of them. */
  readonly of: readonly string[];
  readonly why: string;
  /** Types of these services that are refused all the same. */
  readonly but?: readonly string[];
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/**
 * What running code does not notice. A whole service is named by its name, a type by service and name. The first that names a type
 * alone counts, then the first that names its service. Whatever is in no list is refused.
 */
const IGNORED: readonly Ignored[] = [
  {
    why: 'permissions are not checked on this machine',
    of: words(`
      IAM SSO AccessAnalyzer AccountAccess RolesAnywhere RAM Organizations ControlTower MPA SupportAuthZ Signer
      ApiGateway::DomainNameAccessAssociation BedrockAgentCore::ResourcePolicy Bedrock::ResourcePolicy Kinesis::ResourcePolicy
      Lambda::CodeSigningConfig Lambda::LayerVersionPermission Lambda::ResourcePolicy
      S3::AccessGrant S3::AccessGrantsInstance S3::AccessGrantsLocation S3::BucketPolicy S3::MultiRegionAccessPointPolicy
      SNS::TopicInlinePolicy SNS::TopicPolicy SQS::QueueInlinePolicy SSM::ResourcePolicy SecretsManager::ResourcePolicy
      Custom::AWSCDKOpenIdConnectProvider`),
  },
  {
    why: 'nothing is observed on this machine but what the run itself prints',
    of: words(`
      CloudWatch Logs XRay ApplicationSignals ApplicationInsights InternetMonitor NetworkFlowMonitor NetworkMonitor RUM Synthetics
      Oam ObservabilityAdmin APS Grafana DevOpsGuru DevOpsAgent HealthAgent ResilienceHub ResilienceHubV2 Chatbot Notifications
      NotificationsContacts CodeStarNotifications SSMContacts SSMIncidents PI CodeGuruProfiler CodeGuruReviewer
      ApiGateway::Account Pinpoint::EventStream S3::StorageLens S3::StorageLensGroup Custom::LogRetention`),
    but: words('Logs::SubscriptionFilter Logs::Destination Logs::AccountPolicy'),
  },
  {
    why: 'calls are not recorded and nothing is audited on this machine',
    of: words(`
      CloudTrail Config GuardDuty Inspector InspectorV2 Macie SecurityHub SecurityLake SecurityAgent Detective AuditManager`),
  },
  { why: 'requests are not filtered on this machine', of: words('WAF WAFRegional WAFv2 Shield FMS') },
  {
    why: 'costs are not counted on this machine',
    of: words(`
      Budgets CE CUR BCM BCMDataExports BcmPricingCalculator Billing BillingConductor Invoicing PricingPlanManager
      ComputeOptimizer LicenseManager LicenseManagerLinuxSubscriptions LicenseManagerUserSubscriptions`),
  },
  { why: 'nothing is encrypted on this machine', of: words('KMS') },
  { why: 'nothing is backed up on this machine', of: words('Backup BackupGateway DLM Rbin') },
  {
    why: "functions use this machine's network",
    of: words(`
      EC2 DirectConnect NetworkManager NetworkFirewall NetworkSecurityManager Interconnect Route53Profiles Route53Resolver
      Route53GlobalResolver Lambda::NetworkConnector ApiGateway::VpcLink ApiGatewayV2::VpcLink Custom::VpcRestrictDefaultSG`),
    but: words(
      'EC2::Instance EC2::EC2Fleet EC2::SpotFleet EC2::Volume EC2::VolumeAttachment EC2::Snapshot EC2::FpgaImage',
    ),
  },
  {
    why: 'it describes instances, and none runs on this machine',
    of: words(`
      EC2::ApplicationStatusCheck EC2::CapacityManagerDataExport EC2::CapacityReservation EC2::CapacityReservationFleet
      EC2::EnclaveCertificateIamRoleAssociation EC2::Host EC2::InstanceEventWindow EC2::KeyPair EC2::LaunchTemplate
      EC2::PlacementGroup EC2::SnapshotBlockPublicAccess EC2::SqlHaStandbyDetectedInstance
      SSM::Association SSM::CloudConnector SSM::Document SSM::MaintenanceWindow SSM::MaintenanceWindowTarget
      SSM::MaintenanceWindowTask SSM::OpsItem SSM::PatchBaseline SSM::ResourceDataSync SSM::ServiceSetting
      SSMGuiConnect SSMQuickSetup`),
  },
  {
    why: 'requests come to the run itself, by its address on this machine',
    of: words(`
      Route53 CloudFront GlobalAccelerator CertificateManager ApiGateway::BasePathMapping ApiGateway::BasePathMappingV2
      ApiGateway::ClientCertificate ApiGateway::DomainName ApiGateway::DomainNameV2 ApiGatewayV2::ApiMapping
      ApiGatewayV2::DomainName ApiGatewayV2::PortalProduct ApiGatewayV2::RoutingRule`),
    but: words('CloudFront::Function CloudFront::ConnectionFunction CloudFront::KeyValueStore'),
  },
  {
    why: 'the API is as the template has it',
    of: words('ApiGateway::DocumentationPart ApiGateway::DocumentationVersion ApiGatewayV2::Deployment'),
  },
  { why: 'sandboxes start when they are needed', of: words('ApplicationAutoScaling') },
  {
    why: 'it builds or deploys, and nothing is built or deployed on this machine',
    of: words(`
      CloudFormation CodeArtifact CodeBuild CodeCommit CodeConnections CodeDeploy CodePipeline CodeStar CodeStarConnections
      Cloud9 ECR ImageBuilder Proton ServiceCatalog ServiceCatalogAppRegistry Custom::ECRAutoDeleteImages`),
    but: words('CloudFormation::CustomResource CloudFormation::StackSet CloudFormation::Stack'),
  },
  {
    why: 'what it exports is for stacks in other regions, and a run has one',
    of: words('Custom::CrossRegionExportWriter'),
  },
  { why: 'it goes with its bucket, which ends with the run', of: words('Custom::S3AutoDeleteObjects') },
  { why: 'it describes resources to people', of: words('ResourceExplorer2 ResourceGroups WellArchitected') },
  { why: 'schemas describe events; none is checked against them', of: words('EventSchemas') },
  { why: 'secrets do not change while the run lasts', of: words('SecretsManager::RotationSchedule') },
  { why: 'faults are switched on with PUT /_fibrin/faults', of: words('FIS') },
  { why: 'there is one region and one zone on this machine', of: words('ARCRegionSwitch ARCZonalShift') },
];

/** Types that are refused for a reason of their own. */
const REFUSED: Readonly<Record<string, string>> = {
  'ApiGateway::Authorizer':
    'a REST API has no authorizer on this machine; open its methods for -c stage=local',
  'ApiGateway::GatewayResponse': 'what a REST API answers by itself cannot be changed on this machine',
  'ApiGatewayV2::ApiGatewayManagedOverrides':
    'what a quick-created API is made of cannot be changed on this machine',
  'ApiGatewayV2::IntegrationResponse': 'it is a part of a WebSocket API',
  'ApiGatewayV2::Model': 'it is a part of a WebSocket API',
  'ApiGatewayV2::RouteResponse': 'it is a part of a WebSocket API',
  'CloudFormation::CustomResource': 'what makes it runs when AWS deploys it',
  'CloudFormation::StackSet': 'its stacks are deployed by AWS',
  Serverless: 'it is a resource of SAM, of which AWS makes others when it deploys',
  ServerlessRepo: 'it is an application of SAM, of which AWS makes resources when it deploys',
  'Logs::AccountPolicy': 'logs are not sent on to functions or streams',
  'Logs::Destination': 'logs are not sent on to functions or streams',
  'Logs::SubscriptionFilter': 'logs are not sent on to functions or streams',
};

const TYPES = new Map<string, string>();
const SERVICES = new Map<string, string>();
for (const { of, why } of IGNORED)
  for (const name of of) (name.includes('::') ? TYPES : SERVICES).set(name, why);
const EXCEPTIONS = new Set(IGNORED.flatMap(({ but = [] }) => but));

/** The names in the lists: each should be one that there is. */
export const listedNames: readonly string[] = [
  ...TYPES.keys(),
  ...SERVICES.keys(),
  ...EXCEPTIONS,
  ...Object.keys(REFUSED),
];

export type ServiceClass =
  | { readonly kind: 'ignored'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string };

/** The class of a type that the local run has no code for. */
export function classInService(type: string): ServiceClass {
  const [, vendor, service = '', resource = ''] = /^(AWS|Custom)::([^:]+)(?:::(.+))?$/.exec(type) ?? [];
  if (vendor === undefined) return { kind: 'refused', why: 'the local run does not know this resource type' };
  const name = vendor === 'Custom' ? `Custom::${service}` : `${service}::${resource}`;
  const why =
    TYPES.get(name) ?? (EXCEPTIONS.has(name) || vendor === 'Custom' ? undefined : SERVICES.get(service));
  if (why !== undefined) return { kind: 'ignored', why };
  const refused = [name, service].find((key) => Object.hasOwn(REFUSED, key));
  if (vendor === 'Custom') return { kind: 'refused', why: 'what makes it runs when AWS deploys it' };
  return {
    kind: 'refused',
    why: (refused && REFUSED[refused]) ?? `nothing on this machine answers for ${service}`,
  };
}

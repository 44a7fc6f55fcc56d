//! Records for benchmarks and instruction counts: synthetic, in the shapes and sizes of real audit logs, and the same
//! on every machine. Knows nothing of how the detector works.

/// Records of one kind.
pub struct Workload {
    /// What it is called in tables and in the baseline.
    pub name: &'static str,
    /// What is in it, in a few words.
    pub about: &'static str,
    /// One JSON object each.
    pub records: Vec<Vec<u8>>,
    /// How many of them are about mirroring.
    pub mirror: usize,
    /// How many of them the seed's query selects, see docs/SEED.md.
    pub seed: usize,
}

impl Workload {
    /// The bytes of all records.
    pub fn bytes(&self) -> usize {
        self.records.iter().map(Vec::len).sum()
    }

    /// The records as lines.
    pub fn ndjson(&self) -> Vec<u8> {
        self.records.iter().flat_map(|record| [record.as_slice(), b"\n"].concat()).collect()
    }
}

/// All workloads; `scale` 1 is for counting instructions, more for measuring time.
pub fn workloads(scale: usize) -> [Workload; 5] {
    [noise(2_000 * scale), mirror(500 * scale), mix(10_000 * scale), big(8 * scale), syslog(4_000 * scale)]
}

/// Audit events of three clouds, none about mirroring.
pub fn noise(count: usize) -> Workload {
    let mut random = Random(1);
    let records = (0..count).map(|_| ordinary(&mut random)).collect();
    Workload { name: "noise", about: "audit events, none about mirroring", records, mirror: 0, seed: 0 }
}

/// Mirror events of three clouds.
pub fn mirror(count: usize) -> Workload {
    let mut random = Random(2);
    let (records, in_seed): (Vec<_>, Vec<_>) = (0..count).map(|_| mirroring(&mut random)).unzip();
    let seed = in_seed.into_iter().filter(|in_seed| *in_seed).count();
    Workload { name: "mirror", about: "mirror events only", records, mirror: count, seed }
}

/// Noise with one mirror event in 10,000.
pub fn mix(count: usize) -> Workload {
    const EVERY: usize = 10_000;
    let mut random = Random(3);
    let mut workload =
        Workload { name: "mix", about: "1 mirror event in 10,000", records: vec![], mirror: 0, seed: 0 };
    for number in 0..count {
        if number % EVERY == EVERY / 2 {
            let (record, in_seed) = mirroring(&mut random);
            workload.records.push(record);
            workload.mirror += 1;
            workload.seed += usize::from(in_seed);
        } else {
            workload.records.push(ordinary(&mut random));
        }
    }
    workload
}

/// Events of 256 KiB, none about mirroring.
pub fn big(count: usize) -> Workload {
    let mut random = Random(4);
    let records = (0..count).map(|_| of_size(&mut random, 256 << 10)).collect();
    Workload { name: "big", about: "events of 256 KiB, none about mirroring", records, mirror: 0, seed: 0 }
}

/// Messages of network devices, none about mirroring.
pub fn syslog(count: usize) -> Workload {
    let mut random = Random(5);
    let records = (0..count)
        .map(|_| {
            let template = random_of(&mut random, SYSLOG);
            random.fill(template)
        })
        .collect();
    Workload {
        name: "syslog",
        about: "short syslog lines, none about mirroring",
        records,
        mirror: 0,
        seed: 0,
    }
}

/// An event that is not about mirroring, of about `bytes` bytes.
pub fn of_size(random: &mut Random, bytes: usize) -> Vec<u8> {
    let text = AWS.replace("<event>", EC2_DESCRIBE).replace("<issuer>", ISSUER).replace("<agent>", AGENTS[0]);
    let text = text.replace("<response>", "null");
    let (head, tail) = text.split_once("<request>").unwrap_or_default();
    let mut record = random.fill(head);
    record.extend_from_slice(br#"{"instancesSet":{"items":["#);
    while record.len() + tail.len() + ITEM.len() < bytes {
        record.extend(random.fill(ITEM));
        record.push(b',');
    }
    record.pop_if(|last| *last == b',');
    record.extend_from_slice(b"]}}");
    record.extend(random.fill(tail));
    record
}

/// Shares as in public audit logs: nine in ten from AWS.
fn ordinary(random: &mut Random) -> Vec<u8> {
    let template = match random.below(100) {
        0..88 => {
            let event = random_of(random, EVENTS);
            aws(random, event.0, event.1, event.2)
        }
        88..94 => GCP.replace("<method>", random_of(random, METHODS)),
        _ => AZURE.replace("<operation>", random_of(random, OPERATIONS)),
    };
    random.fill(&template)
}

/// A mirror event, and whether the seed's query selects it.
fn mirroring(random: &mut Random) -> (Vec<u8>, bool) {
    let (template, in_seed) = match random.below(10) {
        0..8 => {
            let (name, in_seed) = *random_of(random, MIRROR_NAMES);
            let event = format!(r#""eventSource":"ec2.amazonaws.com","eventName":"{name}""#);
            (aws(random, &event, MIRROR_REQUEST, MIRROR_RESPONSE), in_seed)
        }
        // The seed looks for names that no GCP event has.
        8 => (GCP.replace("<method>", "v1.compute.packetMirrorings.insert"), false),
        _ => (AZURE.replace("<operation>", "Microsoft.Network/virtualNetworkTaps/write"), true),
    };
    (random.fill(&template), in_seed)
}

fn aws(random: &mut Random, event: &str, request: &str, response: &str) -> String {
    let agent = random_of(random, AGENTS);
    let issuer = if random.below(2) == 0 { ISSUER } else { "" };
    let text = AWS.replace("<event>", event).replace("<agent>", agent).replace("<issuer>", issuer);
    let text = text.replace("<request>", request).replace("<response>", response);
    // Events of the console say more about the connection.
    match random.below(10) {
        0..5 => text,
        5..9 => text.replace("\"eventCategory\"", &format!("{CONNECTION},\"eventCategory\"")),
        _ => text.replace("\"eventCategory\"", &format!("{CONNECTION},{EXTRA},\"eventCategory\"")),
    }
}

fn random_of<'t, T: ?Sized>(random: &mut Random, choices: &[&'t T]) -> &'t T {
    choices[random.below(choices.len() as u64) as usize]
}

/// SplitMix64: small, and the same everywhere.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// The template with a digit for each backtick, a hexadecimal one for each `~` and a capital or digit for each `^`.
    fn fill(&mut self, template: &str) -> Vec<u8> {
        let mut pick = |from: &[u8]| from[self.below(from.len() as u64) as usize];
        let one = |byte| match byte {
            b'`' => pick(b"0123456789"),
            b'~' => pick(b"0123456789abcdef"),
            b'^' => pick(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            other => other,
        };
        template.bytes().map(one).collect()
    }
}

const AWS: &str = r#"{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","principalId":"AROA^^^^^^^^^^^^^^^^^:i-0~~~~~~~~~~~~~~~~","arn":"arn:aws:sts::````````````:assumed-role/platform-deploy/i-0~~~~~~~~~~~~~~~~","accountId":"````````````","accessKeyId":"ASIA^^^^^^^^^^^^^^^^","sessionContext":{<issuer>"attributes":{"creationDate":"2026-03-1`T09:``:``Z","mfaAuthenticated":"false"}}},"eventTime":"2026-03-1`T10:``:``Z",<event>,"awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.1``","userAgent":"<agent>","requestParameters":<request>,"responseElements":<response>,"requestID":"~~~~~~~~-~~~~-4~~~-~~~~-~~~~~~~~~~~~","eventID":"~~~~~~~~-~~~~-4~~~-~~~~-~~~~~~~~~~~~","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"````````````","eventCategory":"Management"}"#;

const ISSUER: &str = r#""sessionIssuer":{"type":"Role","principalId":"AROA^^^^^^^^^^^^^^^^^","arn":"arn:aws:iam::````````````:role/platform-deploy","accountId":"````````````","userName":"platform-deploy"},"#;

const CONNECTION: &str = r#""tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"ec2.eu-west-1.amazonaws.com"}"#;

const EXTRA: &str = r#""additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^=","bytesTransferredOut":1```},"resources":[{"accountId":"````````````","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::example-audit-~~~~~~~~"},{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::example-audit-~~~~~~~~/AWSLogs/````````````/CloudTrail/eu-west-1/2026/03/1`/````````````_CloudTrail_eu-west-1_202603```T````Z_^^^^^^^^^^^^^^^^.json.gz"}]"#;

const AGENTS: &[&str] = &[
    "aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.24.1 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.211.1 m/E,g,i",
    "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.750 Linux/5.10.226-192.879.amzn2int.x86_64 OpenJDK_64-Bit_Server_VM/25.412-b09 java/1.8.0_412 vendor/Oracle_Corporation cfg/retry-mode/standard]",
    "Boto3/1.37.9 md/Botocore#1.37.9 ua/2.1 os/linux#6.1.128 md/arch#x86_64 lang/python#3.12.9 md/pyimpl#CPython cfg/retry-mode#standard Botocore/1.37.9",
    "AWS Internal",
    "APN/1.0 HashiCorp/1.0 Terraform/1.11.2 (+https://www.terraform.io) terraform-provider-aws/5.90.1 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.36.3",
];

const EC2_DESCRIBE: &str = r#""eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances""#;

const ITEM: &str = r#"{"instanceId":"i-0~~~~~~~~~~~~~~~~","networkInterfaceId":"eni-0~~~~~~~~~~~~~~~~","subnetId":"subnet-0~~~~~~~~~~~~~~~~","privateIpAddress":"10.1``.1``.1``","state":{"code":16,"name":"running"},"tags":[{"key":"Name","value":"web-``"},{"key":"kubernetes.io/cluster/prod","value":"owned"}]}"#;

/// Names, request and response of ordinary AWS events.
const EVENTS: &[&(&str, &str, &str)] = &[
    &(
        r#""eventSource":"kms.amazonaws.com","eventName":"Decrypt""#,
        r#"{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"PARAMETER_ARN":"arn:aws:ssm:eu-west-1:````````````:parameter/app/credentials-``"}}"#,
        "null",
    ),
    &(
        EC2_DESCRIBE,
        r#"{"instancesSet":{"items":[{"instanceId":"i-0~~~~~~~~~~~~~~~~"}]},"filterSet":{}}"#,
        "null",
    ),
    &(
        r#""eventSource":"ec2.amazonaws.com","eventName":"DescribeRouteTables""#,
        r#"{"routeTableIdSet":{},"filterSet":{"items":[{"name":"vpc-id","valueSet":{"items":[{"value":"vpc-0~~~~~~~~~~~~~~~~"}]}}]}}"#,
        "null",
    ),
    &(
        r#""eventSource":"ec2.amazonaws.com","eventName":"DescribeNetworkInterfaces""#,
        r#"{"networkInterfaceIdSet":{"items":[{"networkInterfaceId":"eni-0~~~~~~~~~~~~~~~~"}]},"filterSet":{}}"#,
        "null",
    ),
    &(
        r#""eventSource":"ec2.amazonaws.com","eventName":"CreateNetworkInterface""#,
        r#"{"subnetId":"subnet-0~~~~~~~~~~~~~~~~","description":"aws-K8S-i-0~~~~~~~~~~~~~~~~","groupSet":{"items":[{"groupId":"sg-0~~~~~~~~~~~~~~~~"}]},"privateIpAddressesSet":{},"clientToken":"~~~~~~~~-~~~~-4~~~-~~~~-~~~~~~~~~~~~"}"#,
        r#"{"requestId":"~~~~~~~~-~~~~-4~~~-~~~~-~~~~~~~~~~~~","networkInterface":{"networkInterfaceId":"eni-0~~~~~~~~~~~~~~~~","subnetId":"subnet-0~~~~~~~~~~~~~~~~","vpcId":"vpc-0~~~~~~~~~~~~~~~~","availabilityZone":"eu-west-1a","description":"aws-K8S-i-0~~~~~~~~~~~~~~~~","ownerId":"````````````","requesterManaged":false,"status":"pending","macAddress":"06:~~:~~:~~:~~:~~","privateIpAddress":"10.1``.1``.1``","sourceDestCheck":true,"groupSet":{"items":[{"groupId":"sg-0~~~~~~~~~~~~~~~~","groupName":"nodes"}]},"tagSet":{}}}"#,
    ),
    &(
        r#""eventSource":"iam.amazonaws.com","eventName":"GetUser""#,
        r#"{"userName":"svc-deploy-``"}"#,
        "null",
    ),
    &(
        r#""eventSource":"iam.amazonaws.com","eventName":"ListAttachedRolePolicies""#,
        r#"{"roleName":"app-``"}"#,
        "null",
    ),
    &(
        r#""eventSource":"s3.amazonaws.com","eventName":"GetBucketAcl""#,
        r#"{"bucketName":"example-audit-~~~~~~~~","Host":"example-audit-~~~~~~~~.s3.eu-west-1.amazonaws.com","acl":""}"#,
        "null",
    ),
    &(
        r#""eventSource":"ssm.amazonaws.com","eventName":"DescribeParameters""#,
        r#"{"parameterFilters":[{"key":"Name","option":"BeginsWith","values":["/app/"]}],"maxResults":50}"#,
        "null",
    ),
    &(
        r#""eventSource":"ssm.amazonaws.com","eventName":"PutParameter","errorCode":"AccessDenied","errorMessage":"User: arn:aws:sts::````````````:assumed-role/platform-deploy is not authorized to perform: ssm:PutParameter on resource: arn:aws:ssm:eu-west-1:````````````:parameter/app/``""#,
        r#"{"name":"/app/credentials-``","type":"SecureString","overwrite":true,"value":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#,
        "null",
    ),
    &(
        r#""eventSource":"secretsmanager.amazonaws.com","eventName":"GetSecretValue""#,
        r#"{"secretId":"arn:aws:secretsmanager:eu-west-1:````````````:secret:app/db-^^^^^^"}"#,
        "null",
    ),
    &(
        r#""eventSource":"sts.amazonaws.com","eventName":"AssumeRole""#,
        r#"{"roleArn":"arn:aws:iam::````````````:role/reader","roleSessionName":"session-~~~~~~~~","durationSeconds":3600}"#,
        r#"{"credentials":{"accessKeyId":"ASIA^^^^^^^^^^^^^^^^","sessionToken":"^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^","expiration":"Mar 1`, 2026, 11:``:`` AM"},"assumedRoleUser":{"assumedRoleId":"AROA^^^^^^^^^^^^^^^^^:session-~~~~~~~~","arn":"arn:aws:sts::````````````:assumed-role/reader/session-~~~~~~~~"}}"#,
    ),
    &(
        r#""eventSource":"rds.amazonaws.com","eventName":"DescribeDBInstances""#,
        r#"{"dBInstanceIdentifier":"orders-``"}"#,
        "null",
    ),
    &(
        r#""eventSource":"lambda.amazonaws.com","eventName":"ListTags20170331""#,
        r#"{"resource":"arn:aws:lambda:eu-west-1:````````````:function:ingest-``"}"#,
        "null",
    ),
];

/// Names of mirror events, and whether the seed's query selects them.
const MIRROR_NAMES: &[&(&str, bool)] = &[
    &("CreateTrafficMirrorSession", true),
    &("CreateTrafficMirrorTarget", true),
    &("CreateTrafficMirrorFilter", true),
    &("ModifyTrafficMirrorSession", true),
    &("ModifyTrafficMirrorFilterRule", true),
    &("DeleteTrafficMirrorSession", true),
    &("DeleteTrafficMirrorTarget", false),
];

const MIRROR_REQUEST: &str = r#"{"CreateTrafficMirrorSessionRequest":{"NetworkInterfaceId":"eni-0~~~~~~~~~~~~~~~~","TrafficMirrorTargetId":"tmt-0~~~~~~~~~~~~~~~~","TrafficMirrorFilterId":"tmf-0~~~~~~~~~~~~~~~~","SessionNumber":1,"ClientToken":"~~~~~~~~-~~~~-4~~~-~~~~-~~~~~~~~~~~~"}}"#;

const MIRROR_RESPONSE: &str = r#"{"CreateTrafficMirrorSessionResponse":{"xmlns":"http://ec2.amazonaws.com/doc/2016-11-15/","trafficMirrorSession":{"networkInterfaceId":"eni-0~~~~~~~~~~~~~~~~","ownerId":"````````````","packetLength":"","sessionNumber":1,"trafficMirrorFilterId":"tmf-0~~~~~~~~~~~~~~~~","trafficMirrorSessionId":"tms-0~~~~~~~~~~~~~~~~","trafficMirrorTargetId":"tmt-0~~~~~~~~~~~~~~~~","virtualNetworkId":1``````},"requestId":"~~~~~~~~-~~~~-4~~~-~~~~-~~~~~~~~~~~~"}}"#;

const GCP: &str = r#"{"protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","status":{},"authenticationInfo":{"principalEmail":"deploy-``@example-project.iam.gserviceaccount.com"},"requestMetadata":{"callerIp":"203.0.113.1``","callerSuppliedUserAgent":"google-cloud-sdk gcloud/513.0.0 command/gcloud.compute invocation-id/~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ environment/None environment-version/None client-os/LINUX client-os-ver/6.1.0 client-pltf-arch/x86_64 interactive/True","requestAttributes":{"time":"2026-03-1`T10:``:``.``````Z","auth":{}},"destinationAttributes":{}},"serviceName":"compute.googleapis.com","methodName":"<method>","authorizationInfo":[{"resource":"projects/example-project/regions/europe-west1","permission":"compute.instances.get","granted":true,"resourceAttributes":{"service":"compute","name":"projects/example-project","type":"compute.projects"}}],"resourceName":"projects/example-project/regions/europe-west1/things/thing-``","request":{"name":"thing-``","network":"projects/example-project/global/networks/default"}},"insertId":"-~~~~~~~~~~~~","resource":{"type":"gce_instance","labels":{"project_id":"example-project","zone":"europe-west1-b","instance_id":"```````````````````"}},"timestamp":"2026-03-1`T10:``:``.``````Z","severity":"NOTICE","logName":"projects/example-project/logs/cloudaudit.googleapis.com%2Factivity","receiveTimestamp":"2026-03-1`T10:``:``.`````````Z"}"#;

const METHODS: &[&str] = &[
    "v1.compute.instances.insert",
    "v1.compute.firewalls.patch",
    "v1.compute.subnetworks.list",
    "storage.objects.get",
    "google.iam.admin.v1.CreateServiceAccountKey",
];

const AZURE: &str = r#"{"time":"2026-03-1`T10:``:``.```````Z","resourceId":"/SUBSCRIPTIONS/~~~~~~~~-~~~~-4~~~-~~~~-~~~~~~~~~~~~/RESOURCEGROUPS/RG-PROD/PROVIDERS/MICROSOFT.NETWORK/THINGS/THING-``","operationName":"<operation>","operationVersion":"2024-05-01","category":"Administrative","resultType":"Success","callerIpAddress":"203.0.113.1``","correlationId":"~~~~~~~~-~~~~-4~~~-~~~~-~~~~~~~~~~~~","location":"westeurope","tenantId":"~~~~~~~~-~~~~-4~~~-~~~~-~~~~~~~~~~~~"}"#;

const OPERATIONS: &[&str] = &[
    "Microsoft.Insights/actionGroups/write",
    "Microsoft.Network/networkSecurityGroups/securityRules/write",
    "Microsoft.Compute/virtualMachines/start/action",
    "Microsoft.Network/networkInterfaces/read",
    "Microsoft.Storage/storageAccounts/listKeys/action",
];

const SYSLOG: &[&str] = &[
    r#"{"log":"<165>Mar 1` 10:``:`` edge``.ams`` Bfd: %BFD-5-STATE_CHANGE: peer (vrf:default, ip:10.1``.1``.1``, intf:Ethernet``/1, type:normal) changed state from Up to Down diag None"}"#,
    r#"{"log":"<13>Mar 1` 10:``:`` edge`` Bgp: %BGP-5-ADJCHANGE: peer 192.0.2.1`` (VRF default AS 645``) old state OpenConfirm event Established new state Established"}"#,
    r#"{"log":"<189>````: core-sw-``: Mar 1` 10:``:``.```: %LINK-3-UPDOWN: Interface GigabitEthernet1/0/``, changed state to up"}"#,
    r#"{"log":"<166>Mar 1` 10:``:`` edge``.ams`` Rib: %AGENT-6-INITIALIZED: Agent 'Rib' initialized; pid=````"}"#,
    r#"{"log":"<28>Mar 1` 10:``:`` mx`` rpd[````]: bgp_recv: peer 192.0.2.1`` (External AS 645``): received unexpected EOF"}"#,
    r#"{"log":"<86>Mar 1` 10:``:`` bastion`` sshd[````]: Accepted publickey for deploy from 198.51.100.1`` port 5```` ssh2: ED25519 SHA256:^^^^^^^^^^^^^^^^^^^^^^^^^^^^"}"#,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_is_json_and_the_same_each_time() {
        for (first, again) in workloads(1).iter().zip(workloads(1)) {
            assert_eq!(first.records, again.records);
            for record in &first.records {
                serde_json::from_slice::<serde_json::Value>(record).expect("JSON");
            }
        }
    }

    #[test]
    fn sizes_are_those_of_public_audit_logs() {
        let mut sizes: Vec<usize> = noise(2_000).records.iter().map(Vec::len).collect();
        sizes.sort_unstable();
        let mean = sizes.iter().sum::<usize>() / sizes.len();
        println!("mean {mean}, median {}, 90 % {}, 99 % {}", sizes[1000], sizes[1800], sizes[1980]);
        assert!((1200..1300).contains(&mean), "{mean}");
        assert!(big(1).records[0].len().abs_diff(256 << 10) < 600);
    }
}

/**
 * Texts with secrets of every kind that `redact` knows, and texts without. The secrets are made here, in their makers'
 * formats: none of them ever opened anything, and no line of this file looks like one to a secret scanner.
 */
const letters = 'Qw3rTy7uIoP9aSdF5gHjK1lZxC8vBnM2'
const hexes = '9f86d081884c7d659a2feaa0c55ad015'

const cycle = (from: string, length: number) =>
  from.repeat(Math.ceil(length / from.length)).slice(0, length)

/** So many letters and digits. */
export const alnum = (length: number) => cycle(letters, length)
export const hex = (length: number) => cycle(hexes, length)
const upper = (length: number) => alnum(length).toUpperCase()
const digits = (length: number) => cycle('4815162342', length)
const key = (...parts: string[]) => parts.join('')
const base64 = (text: string) => Buffer.from(text).toString('base64')

const accessKey = key('AK', 'IA', upper(16))
const awsSecret = key('wJa', 'lr/', alnum(33), '+')
const sessionToken = key('IQoJb3', 'JpZ2lu', alnum(200), '/+==')
const claims = base64('{"sub":"1234567890","name":"A"}').replaceAll('=', '')
const webToken = key(base64('{"alg":"HS256","typ":"JWT"}'), '.', claims, '.', alnum(43))
const pemLines = Array.from({ length: 8 }, (_, line) =>
  key(line === 0 ? 'MIIE' : 'Zx9/', alnum(60)),
)
export const pem = (type: string, lines = pemLines) =>
  [key('-----BEG', `IN ${type}-----`), ...lines, key('-----E', `ND ${type}-----`)].join('\n')
const rsa = key('RSA PRIV', 'ATE KEY')
const pkcs8 = key('PRIV', 'ATE KEY')
const uuid = key(hex(8), '-', hex(4), '-4', hex(3), '-a', hex(3), '-', hex(12))
const password = key('hun', 'ter2', 'Hunter')
const words = key('correct', 'horse', 'battery')

type Example = readonly [name: string, text: string, ...secrets: string[]]
const within = (name: string, before: string, secret: string, after = ''): Example => [
  name,
  before + secret + after,
  secret,
]

/** Each with what may not be left of it. */
export const positives: readonly Example[] = [
  within('AWS access key id', 'using ', accessKey, ' now'),
  within('AWS temporary key id', '"AccessKeyId": "', key('AS', 'IA', upper(16)), '",'),
  within('AWS secret, exported', 'export AWS_SECRET_ACCESS_KEY=', awsSecret),
  within('AWS secret, ini', 'aws_secret_access_key = ', awsSecret, '\nregion = us-east-1'),
  within('AWS secret, JSON', '  "SecretAccessKey": "', awsSecret, '",'),
  within('AWS secret, JSON in JSON', '{\\"SecretAccessKey\\":\\"', awsSecret, '\\"}'),
  within('AWS secret, YAML', 'secretAccessKey: ', awsSecret),
  within('AWS secret, asked for', 'AWS Secret Access Key [None]: ', awsSecret),
  within('AWS secret, table', '|  SecretAccessKey |  ', awsSecret, '  |'),
  within('AWS secret, XML', '<SecretAccessKey>', awsSecret, '</SecretAccessKey>'),
  within('AWS secret, PowerShell', '$env:AWS_SECRET_ACCESS_KEY="', awsSecret, '"'),
  ['AWS pair, CSV', `${accessKey},${awsSecret}\n`, accessKey, awsSecret],
  [
    'AWS pair, text',
    `ACCESSKEY\t${accessKey}\t2026-01-02T03:04:05Z\t${awsSecret}\tActive`,
    accessKey,
    awsSecret,
  ],
  within('AWS session token, exported', 'export AWS_SESSION_TOKEN=', sessionToken),
  within('AWS session token alone', '"', sessionToken, '"'),
  within('AWS signed URL', 'https://b.s3.amazonaws.com/k?X-Amz-Signature=', hex(64), '&x=1'),
  within(
    'AWS session token in a URL',
    '/k?X-Amz-Security-Token=',
    key(alnum(40), '%2F', alnum(40)),
  ),
  within('Amazon Bedrock', 'key ', key('AB', 'SK', alnum(120))),
  within('GitHub, personal', 'remote: ', key('gh', 'p_', alnum(36))),
  within('GitHub, Actions', 'GITHUB_TOKEN=', key('gh', 's_', alnum(36))),
  within('GitHub, fine-grained', 'with ', key('github', '_pat_', alnum(22), '_', alnum(59)), '.'),
  within('GitHub, in a URL', 'https://', key('gh', 'o_', alnum(36)), '@github.com/a/b.git'),
  within('GitLab, personal', 'token ', key('gl', 'pat-', alnum(20))),
  within('GitLab, routable', 'token ', key('gl', 'pat-', alnum(27), '.01.', alnum(9))),
  within('GitLab, runner', '', key('gl', 'rt-', alnum(20))),
  within('Slack, bot', 'SLACK: ', key('xo', 'xb-', digits(12), '-', digits(12), '-', alnum(24))),
  within('Slack, app', '', key('xa', 'pp-1-A0', upper(9), '-', digits(13), '-', hex(64))),
  within(
    'Slack, webhook',
    'https://',
    key('hooks.sl', 'ack.com/services/T', upper(8), '/B', upper(8), '/', alnum(24)),
  ),
  within('Stripe, live', 'stripe(', key('sk', '_live_', alnum(24)), ')'),
  within('Stripe, restricted', '', key('rk', '_test_', alnum(99))),
  within('Stripe, webhook', '', key('wh', 'sec_', alnum(32))),
  within('Google, API key', '?key=', key('AI', 'za', alnum(35)), '&v=3'),
  within('Google, access token', '', key('ya', '29.', alnum(120))),
  within('Google, OAuth secret', '', key('GOC', 'SPX-', alnum(28))),
  within('Google, refresh token', '"', key('1/', '/0', alnum(60)), '"'),
  [
    'Google, service account',
    `{"private_key": "${pem(pkcs8).replaceAll('\n', '\\n')}\\n"}`,
    ...pemLines,
  ],
  within(
    'Azure storage',
    'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=',
    key(alnum(86), '=='),
    ';EndpointSuffix=core.windows.net',
  ),
  within(
    'Azure service bus',
    'Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=',
    key(alnum(43), '='),
  ),
  within(
    'Azure SAS',
    'https://a.blob.core.windows.net/c?sv=2024-01-01&sig=',
    key(alnum(43), '%3D'),
    '&se=1',
  ),
  within('Azure client secret', 'secret is ', key('abc', '8Q~', alnum(34))),
  within('npm', '', key('np', 'm_', alnum(36))),
  within('.npmrc', '//registry.npmjs.org/:_authToken=', uuid),
  within('.npmrc, basic', '_auth=', base64(`user:${password}`)),
  within('PyPI', 'password = ', key('py', 'pi-AgEIcHlwaS5vcmc', alnum(60))),
  within('RubyGems', '', key('ruby', 'gems_', hex(48))),
  within('OpenAI', 'OPENAI_API_KEY=', key('s', 'k-', alnum(48))),
  within(
    'OpenAI, project',
    'Incorrect API key provided: ',
    key('s', 'k-proj-', alnum(60), '_', alnum(60)),
  ),
  within('Anthropic', 'x-api-key: ', key('s', 'k-ant-api03-', alnum(80), '-', alnum(12), 'AA')),
  within('Anthropic, coloured', '\u001b[32m', key('s', 'k-ant-oat01-', alnum(80)), '\u001b[0m'),
  within('Anthropic, in a JSON string', '"a\\n', key('s', 'k-ant-oat01-', alnum(80)), '\\nb"'),
  within('Hugging Face', '', key('h', 'f_', alnum(34))),
  within('SendGrid', '', key('S', 'G.', alnum(22), '.', alnum(43))),
  within('Twilio, key', '', key('S', 'K', hex(32))),
  within('Twilio, token', 'TWILIO_AUTH_TOKEN=', hex(32)),
  within('Mailgun', 'api:', key('ke', 'y-', hex(32))),
  within('Mailgun, newer', '', key(hex(32), '-', hex(8), '-', hex(8))),
  within('Mailchimp', '', key(hex(32), '-us', '14')),
  within('DigitalOcean', '', key('do', 'p_v1_', hex(64))),
  within('Cloudflare, by name', 'CLOUDFLARE_API_TOKEN=', alnum(40)),
  within('Cloudflare, origin', '', key('v1', '.0-', hex(24), '-', hex(146))),
  within(
    'Telegram',
    'https://api.telegram.org/',
    key('bot', digits(10), ':A', 'A', alnum(33)),
    '/getMe',
  ),
  within('Discord', '', key('MT', alnum(24), '.', alnum(6), '.', alnum(38))),
  within(
    'Discord, webhook',
    'https://',
    key('disc', 'ord.com/api/webhooks/', digits(19), '/', alnum(68)),
  ),
  within('Heroku', 'HEROKU_API_KEY=', uuid),
  within('Heroku, newer', '', key('HR', 'KU-AA', alnum(58))),
  within('Datadog', 'DD_API_KEY="', hex(32), '"'),
  within('Datadog, header', 'DD-API-KEY: ', hex(32)),
  within('Shopify', '', key('shp', 'at_', hex(32))),
  within('Square', '', key('sq0', 'atp-', alnum(22))),
  within('Grafana', '', key('gl', 'sa_', alnum(32), '_', hex(8))),
  within('Vault', '', key('hv', 's.', alnum(90))),
  within('Terraform Cloud', '', key(alnum(14), '.atl', 'asv1.', alnum(67))),
  within('Docker Hub', 'docker login -p ', key('dckr', '_pat_', alnum(27))),
  within('Notion', '', key('nt', 'n_', alnum(46))),
  within('Figma', '', key('fi', 'gd_', alnum(40))),
  within('JSON web token', 'jwt ', webToken),
  within('JSON web token, cut off', 'jwt ', webToken.slice(0, 50)),
  ['RSA key', `cat id\n${pem(rsa)}\n$`, ...pemLines],
  [
    'RSA key, encrypted',
    pem(rsa, [`Proc-Type: 4,ENCRYPTED`, `DEK-Info: AES-128-CBC,${hex(32)}`, '', ...pemLines]),
    hex(32),
    ...pemLines,
  ],
  [
    'OpenSSH key',
    pem(key('OPENSSH ', pkcs8), [key('b3BlbnNzaC1r', alnum(58)), ...pemLines, 'QIDBA==']),
    ...pemLines,
    'QIDBA==',
  ],
  ['EC key', pem(key('EC ', pkcs8)), ...pemLines],
  [
    'PGP key',
    pem(key('PGP ', pkcs8, ' BLOCK'), ['Version: GnuPG v2', '', ...pemLines, '=aB3d']),
    ...pemLines,
    '=aB3d',
  ],
  ['key, cut off', pem(pkcs8).split('\n').slice(0, 5).join('\n'), ...pemLines.slice(0, 4)],
  ['key, in one line', pem(pkcs8).replaceAll('\n', ' '), ...pemLines],
  ['key, in a frame', pem(pkcs8).replaceAll(/^/gm, '│ ').replaceAll(/$/gm, ' │'), ...pemLines],
  [
    'key, with line numbers',
    pem(pkcs8)
      .split('\n')
      .map((line, at) => `${at + 1}\t${line}`)
      .join('\n'),
    ...pemLines,
  ],
  ['key, added in a diff', pem(pkcs8).replaceAll(/^/gm, '+'), ...pemLines],
  ['PuTTY key', `${key('Private-', 'Lines: 8')}\n${pemLines.join('\n')}\n`, ...pemLines],
  within('kubeconfig', '    client-key-data: ', base64(pem(rsa))),
  within('kubeconfig, token', '    token: ', webToken),
  within('user info', 'https://deploy:', password, '@example.com/a'),
  within('user info with signs', 'https://deploy:', 'a@b!c%2Fd', '@example.com/a'),
  within('PostgreSQL', 'DATABASE_URL=postgres://app:', password, '@db:5432/app?sslmode=require'),
  within('MongoDB', 'mongodb+srv://app:', words, '@c0.example.mongodb.net/db'),
  within('Redis', 'redis://:', password, '@cache:6379/0'),
  within('AMQP', 'amqps://u:', password, '@mq/vhost'),
  within('SQL Server', 'Server=tcp:x;User ID=sa;Password=', words, ';Encrypt=true'),
  within('ODBC', 'Driver={x};Uid=sa;Pwd=', password, ';'),
  within('Authorization, bearer', 'Authorization: Bearer ', alnum(24)),
  within('Authorization, basic', `-H "Authorization: Basic `, base64(`u:${password}`), '"'),
  within('Authorization, token', "'authorization': 'token ", alnum(24), "'"),
  within('bearer alone', 'sent bearer ', alnum(30)),
  within('cookie', 'Set-Cookie: ', key('session=', alnum(30))),
  within('.netrc', 'machine api.example.com login me password ', words),
  within('.netrc in lines', 'machine api.example.com\n  login me\n  password ', words, '\n'),
  within(
    'docker config',
    '"auths": {"https://index.docker.io/v1/": {"auth": "',
    base64(`me:${password}`),
    '"}}',
  ),
  within('curl user', 'curl -u me:', password, ' https://example.com'),
  within('option', 'mysqladmin --password=', words, ' ping'),
  within('option and value', 'deploy --api-key ', alnum(24)),
  within('SQL', "CREATE USER app WITH PASSWORD '", words, "';"),
  within('environment', 'DB_PASSWORD=', words),
  within('environment, short', 'DB_PASSWORD=', 'hunter2'),
  within('environment, with signs', 'DB_PASSWORD=', 'a4b5&c;d(e)f{g}'),
  within('environment in a JSON string', '"env\\nDB_PASSWORD=', words, '\\nX=1"'),
  within('environment, first of a line in a frame', '│ API_TOKEN=', alnum(16), ' │'),
  within('JSON', '{"user":"a","password":"', words, '"}'),
  within('JSON with signs', '{"clientSecret": "', 'abc,d(e)&f', '"}'),
  within('YAML', 'db:\n  password: ', words, '\n  port: 1'),
  within('TOML', 'api_key = "', alnum(20), '"'),
  within('ini', 'password = ', words, '\n'),
  within('code', "const token = '", alnum(20), "'"),
  within('PHP', `'secret' => '`, alnum(20), `',`),
  within('query', 'GET /x?access_token=', words, '&y=1'),
]

/** Texts that stay as they are. */
export const negatives: readonly (readonly [name: string, text: string])[] = [
  ['git commit', `commit ${hex(40)}\nAuthor: A B <a@example.com>`],
  ['git range', `${hex(7)}..${hex(10)}  main -> main`],
  ['UUID', `request id ${uuid}`],
  ['GUID of ours', `tmux_builder_${hex(64)}`],
  ['delivery of ours', '[75a6da71-1-1-2] Read the file /home/a/prompts/001-autonomous_agent.md'],
  ['SHA-256', `${hex(64)}  dist/main.js`],
  ['image digest', `nginx@sha256:${hex(64)}`],
  ['integrity', `"integrity": "sha512-${alnum(86)}==",`],
  ['subresource integrity', `<script integrity="sha384-${alnum(64)}" crossorigin>`],
  ['image in base64', `data:image/png;base64,iVBORw0KGgo${alnum(300)}`],
  ['font in base64', `url(data:font/woff2;base64,d09GMgABAAA${alnum(300)})`],
  [
    'source map',
    `//# sourceMappingURL=data:application/json;base64,${base64('{"version":3,"sources":["a.ts"]}')}`,
  ],
  ['URL', 'https://example.com/a/b?c=d&page=2#token'],
  ['URL with a port', 'http://127.0.0.1:41503/ and http://localhost:3000/@vite/client'],
  ['URL of a scoped package', 'https://registry.npmjs.org/@scope/name/-/name-1.0.0.tgz'],
  ['URL with a version', 'https://unpkg.com/react@18.2.0/umd/react.production.min.js'],
  ['SSH address', 'git clone ssh://git@github.com/a/b.git'],
  ['path', '/home/me/.local/state/tmux-builder/sessions/x/workspace/code/src/password-reset.ts:12'],
  ['Windows path', 'C:\\Users\\me\\AppData\\Local\\token\\secret.txt'],
  ['stack', '    at readToken (file:///app/node_modules/x/dist/token.js:10:5)'],
  ['ARN', 'arn:aws:iam::123456789012:role/deploy-2024'],
  ['ARN of a secret', 'arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db2024-AbCdEf'],
  ['CloudFront', 'https://d111111abcdef8.cloudfront.net/index.html'],
  ['load balancer', 'http://my-app-1234567890.us-east-1.elb.amazonaws.com/'],
  ['bucket', 's3://my-bucket-20240101/assets/app.4f3e2d1c.js'],
  ['AWS ids', 'vpc-0a1b2c3d4e5f67890 subnet-0123456789abcdef0 AROAEXAMPLE d-1234567890'],
  ['CSS colours', 'a{color:#ff00aa;background:#1e293b80}'],
  ['CSS token', '--token-color: #0f172a; --secret-gap: 12px'],
  ['CSS selector', 'input[type=password]:disabled,input[type="password"]:focus{outline:0}'],
  ['CSS spinner', '<div class="sk-folding-cube sk-chasing-dot-with-a-long-name">'],
  [
    'minified',
    'function a(e,t){var n=e.password||"";return t.secret=n,t.token=e.accessToken,e.apiKey=t.b.c}',
  ],
  ['minified call', 'var t=r.token=getTokenOf2(e),s={password:hashOf2(e),token:nextToken}'],
  ['minified comparison', 'if(e.password===t.password2confirm&&e.token!==n)'],
  ['prose', 'The password must have at least 12 characters, and a token expires after 15 minutes.'],
  [
    'prose with a colon',
    'Reset your password: follow the link that we sent. About the secret: nobody knows it.',
  ],
  ['prose with API key', 'You need an API key; see the page on access keys and secret keys.'],
  ['prose with bearer', 'The bearer of this ticket; bearer authentication is used.'],
  [
    'form',
    '<label for="password">Password</label><input type="password" name="password" autocomplete="current-password">',
  ],
  ['type', 'interface Login { password: string; token?: string; apiKey: string | undefined }'],
  ['type in lines', 'type Login = {\n  password: string\n  token: TokenType\n  secret: boolean\n}'],
  ['schema', '{"password":{"type":"string","minLength":12},"token":{"$ref":"#/defs/token"}}'],
  ['variable', 'DB_PASSWORD=$POSTGRES_PASSWORD API_KEY="${OPENAI_API_KEY}" TOKEN=$(cat /run/x)'],
  ['variable in YAML', 'password: ${{ secrets.DB_PASSWORD }}\ntoken: {{ .Values.token }}'],
  ['variable in code', "const apiKey = process.env.OPENAI_API_KEY; token = os.environ['TOKEN']"],
  [
    'variable in Terraform',
    'password = var.db_password\nsecret = data.aws_secretsmanager_secret.db',
  ],
  ['Terraform hides', 'password = (sensitive value)'],
  ['CloudFormation', "MasterUserPassword: !Sub '{{resolve:secretsmanager:db}}'"],
  ['placeholder', 'API_KEY=<your key> token: ******** PASSWORD=xxxxxxxx'],
  ['redacted', 'Authorization: Bearer [redacted] and PASSWORD=[redacted]'],
  ['file that holds it', 'POSTGRES_PASSWORD_FILE=/run/secrets/db-password'],
  ['option for a file', 'docker login --password-stdin; docker build --secret id=npmrc1,src=/a/b'],
  ['option for a key', 'aws s3api put-object --bucket b --key assets/app1.js'],
  ['option for a user', 'docker run -u 1000:1000 --user 1000:1000 nginx'],
  ['counts', '"max_tokens": 4096, "input_tokens": 123456789, tokens: 12345678'],
  ['count of tokens', 'token_count=1234567890 total_tokens=1234567890'],
  ['working folder', 'PWD=/home/me/project-2024/app OLDPWD=/home/me'],
  ['author', '"author": "Some One <a@example.com>", "authors": []'],
  ['public key', `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA${alnum(43)} me@host`],
  ['certificate', pem('CERTIFICATE')],
  ['public key in PEM', pem('PUBLIC KEY')],
  ['certificate in base64', `certificate-authority-data: ${base64(pem('CERTIFICATE'))}`],
  ['words about keys', `it looks for "${key('-----BEG', `IN ${pkcs8}-----`)}" in each file`],
  ['key of a cache', 'cache key: Linux-node-24-8f14e45fceea167a'],
  ['key of a map', '{"key":"ArrowDown1234","code":"KeyA"}'],
  ['publishable', `pk_${'live'}_${alnum(24)}`],
  ['e-mail and phone', 'test@example.com +15551234567'],
  ['time', '2026-11-22T18:27:46.123Z build 3, attempt 2'],
  ['versions', 'node v24.11.0, tmux 3.3a, v1.0.2-rc.1+build.5'],
  ['numbers', '12345678:90 100000000000000000000 3.14159265358979'],
  ['base64 of JSON', base64('{"a":"some text that is no token at all"}')],
  ['report', '{"status":"deployed","phase":4,"progress":100,"message":"All 10 tests pass"}'],
  ['empty', ''],
  ['file names', 'task-management-application-with-a-long-name.test.ts disk-usage'],
  ['snake case', 'hf_hub_download npm_lifecycle_event npm_config_user_agent shpat_ ghp_'],
]
